import type { Run } from '#contracts/ids'
import type { OperationStatus, WaitingFor } from '#contracts/status-update'
import type { Refusal } from '#kernel/errors'
import type { ConnectionId, CustomerId, OperationId, OrgId } from '#kernel/ids'

/** A running or finished operation. Times are UTC. */
export interface Operation {
  id: OperationId
  story: string
  /** Names of packages, URLs of repositories, a slug or a host. Empty for a cart. */
  subject?: string[]
  orgId: OrgId
  orgSlug: string
  orgName: string
  status: OperationStatus
  workflowId: string
  /** The current step as a sentence. Only while it is running. */
  progress?: string
  /** False after the first paid line, except while it waits for a person. */
  cancellable: boolean
  /** Somebody cancelled it, and it is not over. */
  cancelRequested?: true
  /** The page of the operation is `/o/<link>`. Undefined for one of an older release that never waited. */
  link?: string
  waitingFor?: WaitingFor
  url?: string
  waitingUntil?: Date
  /** Whether the client opened the page of this wait. Undefined when the client did not report it. */
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

/** Whether it has ended, successfully or not. */
export const isOver = ({ finishedAt }: Pick<Operation, 'finishedAt'>): boolean => finishedAt !== undefined

/**
 * Starts the run or joins it. Waits at most `withinMs`, until the operation waits for a person or is over. Returns true
 * only when it is certain that the run exists. Does not throw when Temporal cannot be reached.
 */
export type StartOrJoinRun = (run: Run, withinMs: number) => Promise<boolean>
