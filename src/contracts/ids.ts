import type { OperationId, OrgId, PackageId } from '#kernel/ids'

/** The only place that makes workflow ids. A workflow id never contains the caller's idempotency key. */
export const operationRun = (story: string, operation: OperationId): string => `${story}/${operation}`

/** What Temporal needs to run an operation. Only ids, because Temporal keeps it for 30 days. */
export interface Run {
  workflowType: string
  workflowId: string
  operationId: OperationId
  orgId: OrgId
}

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
