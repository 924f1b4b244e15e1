import type { OperationId, OrgId } from '#kernel/ids'

/** The only place that makes workflow ids. A workflow id never contains the caller's idempotency key. */
export const operationRun = (story: string, operation: OperationId): string => `${story}/${operation}`

/** What Temporal needs to run an operation. Only ids, because Temporal keeps it for 30 days. */
export interface Run {
  workflowType: string
  workflowId: string
  operationId: OperationId
  orgId: OrgId
}
