import type { Run } from '#contracts/ids'
import type { OperationStatus, WaitingFor } from '#contracts/status-update'
import type { Refusal } from '#kernel/errors'
import type { ConnectionId, CustomerId, OperationId, OrgId } from '#kernel/ids'

/** A running or finished workflow as its caller sees it. Times are UTC. */
export interface Operation {
  id: OperationId
  story: string
  orgId: OrgId
  orgSlug: string
  status: OperationStatus
  workflowId: string
  /** What it is at, in words; only while it runs. */
  progress?: string
  /** Until it can no longer be cancelled: from the first paid line on. */
  cancellable: boolean
  waitingFor?: WaitingFor
  url?: string
  waitingUntil?: Date
  /** Whether its client had the page of this wait opened; absent when it has not said. */
  pageOpened?: boolean
  /** Only when completed; never a secret. */
  result?: Record<string, unknown>
  /** Only when failed. */
  error?: Refusal
  askedBy?: CustomerId
  connectionId?: ConnectionId
  createdAt: Date
  updatedAt: Date
  finishedAt?: Date
}

export const isRunning = ({ status }: Pick<Operation, 'status'>): boolean => status === 'running'

/** Whether it has ended, in whatever way: nothing of it changes any more. */
export const isOver = ({ finishedAt }: Pick<Operation, 'finishedAt'>): boolean => finishedAt !== undefined

/**
 * Starts the run or joins it and waits until its row is worth reading, at most `withinMs`.
 * Answers whether the run is known to exist; never throws for an unreachable Temporal.
 */
export type StartOrJoinRun = (run: Run, withinMs: number) => Promise<boolean>
