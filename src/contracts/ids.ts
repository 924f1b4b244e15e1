import type { OperationId, OrgId } from '#kernel/ids'

/** The only place that makes workflow ids: callers' keys enter none. */
export const operationRun = (story: string, operation: OperationId): string => `${story}/${operation}`

/** What Temporal needs to run an operation: ids only, because it is kept for 30 days. */
export interface Run {
  workflowType: string
  workflowId: string
  operationId: OperationId
  orgId: OrgId
}
