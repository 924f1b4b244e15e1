import { noteStep, readOperation, reportStatus, type Told, type WaitingFor } from '#domain/operations'
import type { OperationId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { PUBLIC_URL } from './mcp.ts'

/** Times at which a test can watch a call wait. */
export const SOON = { noticeEveryMs: 60, longestMs: 600, lookAgainMs: 300, lookEveryMs: 10 }

/** A workflow's part, played by the test: what it tells of an operation, after `told` times. */
export function aRun(db: Db, operationId: OperationId, told = 0) {
  let revision = told
  const at = new Date()
  const tell = (told: Pick<Told, 'status' | 'waiting' | 'result' | 'error'>) =>
    reportStatus(db, { operationId, revision: (revision += 1), at: new Date(), ...told })
  return {
    id: operationId,
    step: (name: string) => noteStep(db, { operationId, name, status: 'running', attempt: 1, at }),
    waits: (waitingFor: WaitingFor = 'payment_method', until = new Date(Date.now() + 3_600_000)) =>
      tell({ status: 'waiting_for_you', waiting: { for: waitingFor, until, publicUrl: PUBLIC_URL } }),
    goesOn: () => tell({ status: 'running' }),
    completes: (result: Record<string, unknown>) => tell({ status: 'completed', result }),
    fails: (error: NonNullable<Told['error']>) => tell({ status: 'failed', error }),
    isCancelled: () => tell({ status: 'cancelled' }),
    row: () => readOperation(db, operationId),
  }
}
