import type { Context } from '@temporalio/activity'
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker'
import { ApplicationFailure } from '@temporalio/common'
import { DomainError } from '#kernel/errors'
import type { OperationId } from '#kernel/ids'
import { flagForOperator, isReplaced, recordStep } from '#domain/operations'
import { withDeadline } from '#platform/deadline'
import type { Dependencies } from './dependencies.ts'
import { asFailure } from './failures.ts'
import type { LineStepInput } from './orders.ts'

/** At this attempt (after about nine minutes), and then at every 50th attempt, a failure is logged as an error. */
const ERROR_ATTEMPT = 10
/**
 * An attempt makes no outside call in this time before its timeout: the call would run at the same time as the retry or
 * the undo.
 */
const SPARE_MS = 5_000
/** A step that has failed for this long needs an operator until it succeeds. */
const OPERATOR_AFTER_MS = 60 * 60_000

/**
 * Runs around every step. Records it in `operation_steps`, logs its failure, and converts its error with `asFailure`.
 * When the recording fails, the step does not fail.
 */
export const stepInterceptor =
  (deps: Pick<Dependencies, 'db' | 'log'>) =>
  ({ info }: Context): { inbound: ActivityInboundCallsInterceptor } => ({
    inbound: {
      async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>) {
        const { operationId, position } = (input.args[0] ?? {}) as Partial<LineStepInput>
        const name = position ? `${info.activityType}:line_${position}` : info.activityType
        const logErrors = (recording: Promise<void>) =>
          recording.catch((error: unknown) =>
            deps.log.warn({ error, operationId, step: name }, 'a step could not be recorded'),
          )
        const record = async (status: 'running' | 'done' | 'failed') => {
          if (!operationId || info.activityType === 'reportStatus') return
          const step = { operationId, name, status, attempt: info.attempt, at: new Date() }
          await logErrors(recordStep(deps.db, step))
        }
        const flagAfterAnHour = async (since: Date | undefined) => {
          if (operationId && triedMs > OPERATOR_AFTER_MS)
            await logErrors(flagForOperator(deps.db, operationId, since))
        }
        const triedMs = info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs
        const runOnce = async () => {
          await refuseReplaced(deps.db, operationId, info.workflowExecution?.workflowId)
          return next(input)
        }
        await record('running')
        try {
          const result = await withDeadline(info.startToCloseTimeoutMs - SPARE_MS, runOnce)
          await record('done')
          await flagAfterAnHour(undefined)
          return result
        } catch (error) {
          await record('failed')
          await flagAfterAnHour(new Date(info.scheduledTimestampMs))
          const about = { error, operationId, step: name, attempt: info.attempt }
          if (error instanceof DomainError)
            deps.log.info({ ...about, error: error.code }, 'a step was refused')
          else if (info.attempt % 50 === ERROR_ATTEMPT) deps.log.error(about, 'a step keeps failing')
          else deps.log.warn(about, 'a step failed and is tried again')
          throw asFailure(error)
        }
      },
    },
  })

/** A run that another one has replaced takes no step any more, so two runs of an operation never act. */
async function refuseReplaced(
  db: Dependencies['db'],
  id: OperationId | undefined,
  workflowId: string | undefined,
): Promise<void> {
  if (id && workflowId && (await isReplaced(db, { id, workflowId })))
    throw ApplicationFailure.nonRetryable('Another run has replaced this one.', 'run_replaced')
}
