import type { Refusal } from '#kernel/errors'
import type { StoryOutcome } from '#contracts/stories'
import type { ReportedStatus, WaitingFor } from '#contracts/status-update'
import { recordStep, readOperation, reportStatus } from '#domain/operations'
import type { OperationId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { PUBLIC_URL } from './mcp.ts'

/** Wait times that are short enough for a test. */
export const SOON = { noticeEveryMs: 60, longestMs: 600, lookAgainMs: 300 }

/** Reports the status of an operation in place of its workflow; `reports` is the number of earlier reports. */
export function aRun(db: Db, operationId: OperationId, reports = 0) {
  let revision = reports
  const at = new Date()
  const report = (update: ReportedStatus) => {
    const at = new Date().toISOString()
    return reportStatus(db, { operationId, revision: (revision += 1), at, ...update }, PUBLIC_URL)
  }
  return {
    id: operationId,
    step: (name: string) => recordStep(db, { operationId, name, status: 'running', attempt: 1, at }),
    waits: (waitingFor: WaitingFor = 'payment_method', until = new Date(Date.now() + 3_600_000)) =>
      report({ status: 'waiting_for_you', waiting: { for: waitingFor, until: until.toISOString() } }),
    goesOn: () => report({ status: 'running' }),
    completes: (result: StoryOutcome) => report({ status: 'completed', result }),
    fails: (error: Refusal) => report({ status: 'failed', error }),
    isCancelled: () => report({ status: 'cancelled' }),
    row: () => readOperation(db, operationId),
  }
}
