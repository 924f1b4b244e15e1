import type { Context } from '@temporalio/activity'
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker'
import { DomainError } from '#kernel/errors'
import { flagForOperator, noteStep } from '#domain/operations'
import { withDeadline } from '#platform/deadline'
import type { Dependencies } from './dependencies.ts'
import { asFailure } from './failures.ts'
import type { LineStepInput } from './orders.ts'

/** From this attempt on somebody should know: about nine minutes of trying. */
const LOUD_ATTEMPT = 10
/** Shorter than an attempt's timeout: one that outlives it would run beside its own retry or undo. */
const ATTEMPT_MS = 25_000
/** A step that failed for so long needs a person, until it succeeds. */
const OPERATOR_AFTER_MS = 60 * 60_000

/**
 * Around every step: its line in `operation_steps` (which never fails the step), errors in the words of `failures.ts`,
 * and a log line for what is not a refusal.
 */
export const stepInterceptor =
  (deps: Pick<Dependencies, 'db' | 'log'>) =>
  ({ info }: Context): { inbound: ActivityInboundCallsInterceptor } => ({
    inbound: {
      async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>) {
        const { operationId, position } = (input.args[0] ?? {}) as Partial<LineStepInput>
        const name = position ? `${info.activityType}:line_${position}` : info.activityType
        const quietly = (noted: Promise<void>) =>
          noted.catch((error: unknown) =>
            deps.log.warn({ error, operationId, step: name }, 'a step could not be noted'),
          )
        const note = async (status: 'running' | 'done' | 'failed') => {
          if (!operationId || info.activityType === 'reportStatus') return
          const step = { operationId, name, status, attempt: info.attempt, at: new Date() }
          await quietly(noteStep(deps.db, step))
        }
        const callOperator = async (since: Date | undefined) => {
          if (operationId && triedMs > OPERATOR_AFTER_MS)
            await quietly(flagForOperator(deps.db, operationId, since))
        }
        const triedMs = info.currentAttemptScheduledTimestampMs - info.scheduledTimestampMs
        await note('running')
        try {
          const result = await withDeadline(ATTEMPT_MS, () => next(input))
          await note('done')
          await callOperator(undefined)
          return result
        } catch (error) {
          await note('failed')
          await callOperator(new Date(info.scheduledTimestampMs))
          const about = { error, operationId, step: name, attempt: info.attempt }
          if (error instanceof DomainError) deps.log.info({ ...about, error: error.code }, 'a step refused')
          else if (info.attempt % 50 === LOUD_ATTEMPT) deps.log.error(about, 'a step keeps failing')
          else deps.log.warn(about, 'a step failed and is tried again')
          throw asFailure(error)
        }
      },
    },
  })
