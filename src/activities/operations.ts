import type { Refusal } from '#kernel/errors'
import { tellOperation } from '#domain/operations'
import type { OperationStatus } from '#platform/tables'
import type { Dependencies } from './dependencies.ts'
import type { StepInput } from './orders.ts'

export interface Tidings extends StepInput {
  revision: number
  status: OperationStatus
  result?: Record<string, unknown>
  error?: Refusal
  cancellable?: boolean
  needsOperator?: boolean
}

export function operationActivities({ db }: Dependencies) {
  return {
    async tellOperation({ at, ...told }: Tidings): Promise<void> {
      await tellOperation(db, { ...told, at: new Date(at) })
    },
  }
}
