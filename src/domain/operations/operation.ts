import type { Refusal } from '#kernel/errors'
import type { ConnectionId, CustomerId, OperationId, OrgId } from '#kernel/ids'
import type { OperationStatus } from '../../platform/tables.ts'

/** A running or finished workflow as its caller sees it. Times are UTC. */
export interface Operation {
  id: OperationId
  story: string
  orgId: OrgId
  orgSlug: string
  status: OperationStatus
  /** What it is at, in words; only while it runs. */
  progress?: string
  waitingFor?: string
  url?: string
  waitingUntil?: Date
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

/** What Temporal needs to run an operation. Ids, package names and amounts only: it is kept for 30 days. */
export interface Run {
  workflowType: string
  workflowId: string
  operationId: OperationId
  orgId: OrgId
}

/**
 * Starts the run or joins it and waits until its row is worth reading, at most `withinMs`.
 * Answers whether the run is known to exist; never throws for an unreachable Temporal.
 */
export type StartOrJoin = (run: Run, withinMs: number) => Promise<boolean>
