import type { OperationId } from '#kernel/ids'

/** The only place that makes workflow ids: callers' keys enter none. */
export const operationRun = (story: string, operation: OperationId): string => `${story}/${operation}`
