import type { OperationId, OrgId, PackageId } from '#kernel/ids'

/**
 * The only place that makes workflow ids. A workflow id never contains the caller's idempotency key. `attempt`: 1 for
 * the first run of an operation, one more for each run that replaces a lost one.
 */
export const operationRun = (story: string, operation: OperationId, attempt = 1): string =>
  attempt === 1 ? `${story}/${operation}` : `${story}/${operation}/${attempt}`

/** What Temporal needs to run an operation. Only ids, because Temporal keeps it for 30 days. */
export interface Run {
  workflowType: string
  workflowId: string
  operationId: OperationId
  orgId: OrgId
}

/** The run that replaces a lost one. `isUndo`: it does not go on, but takes back what was done. */
export const resumedRun = (
  { story, operationId, orgId }: Pick<Run, 'operationId' | 'orgId'> & { story: string },
  { attempt, isUndo }: { attempt: number; isUndo: boolean },
): Run => ({
  workflowType: isUndo
    ? 'undoLostOperation'
    : story.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase()),
  workflowId: operationRun(story, operationId, attempt),
  operationId,
  orgId,
})

export type ResumedRunOf = typeof resumedRun

/** A run of an operation that has not ended, as Temporal lists it. */
export interface OpenRun {
  workflowId: string
  operation: OperationId
}

/** What Temporal knows about a run. */
export type RunSeen =
  /** It has ended, or does not exist. */
  | { state: 'lost' }
  /** `taskAttempt`: how often its present task was tried; above 1, the worker fails or dies on it. */
  | { state: 'lives'; taskAttempt: number }
  /** Temporal gave no answer in time. */
  | { state: 'unknown' }

export type LookAtRun = (workflowId: string) => Promise<RunSeen>

/** What Temporal needs to look at the tags of a package. A run that exists is joined. */
export interface SyncRun {
  workflowType: string
  workflowId: string
  packageId: PackageId
}

export const syncRun = (packageId: PackageId): SyncRun => ({
  workflowType: 'followTags',
  workflowId: `sync/${packageId}`,
  packageId,
})
