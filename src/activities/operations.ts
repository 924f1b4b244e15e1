import type { Refusal } from '#kernel/errors'
import { reportStatus, type WaitingFor } from '#domain/operations'
import type { OperationStatus } from '#platform/tables'
import type { Dependencies } from './dependencies.ts'
import type { StepInput } from './orders.ts'

export interface Tidings extends StepInput {
  revision: number
  status: OperationStatus
  /** With the status `waiting_for_you`; `until` is ISO, UTC. */
  waiting?: { for: WaitingFor; until: string }
  result?: Record<string, unknown>
  error?: Refusal
  cancellable?: boolean
  needsOperator?: boolean
}

export function operationActivities({ db, publicUrl }: Dependencies) {
  return {
    async reportStatus({ at, waiting, ...told }: Tidings): Promise<void> {
      await reportStatus(db, {
        ...told,
        at: new Date(at),
        waiting: waiting && { ...waiting, until: new Date(waiting.until), publicUrl },
      })
    },
  }
}
