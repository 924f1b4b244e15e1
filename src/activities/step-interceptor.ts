import type { Context } from '@temporalio/activity'
import type { ActivityExecuteInput, ActivityInboundCallsInterceptor, Next } from '@temporalio/worker'
import { ApplicationFailure } from '@temporalio/common'
import { DomainError } from '#kernel/errors'
import type { OperationId, PackageId } from '#kernel/ids'
import { isReplaced, recordStep } from '#domain/operations'
import { withDeadline } from '#platform/deadline'
import { watchingKey } from '#platform/payment-answers'
import type { Dependencies } from './dependencies.ts'
import { asFailure } from './failures.ts'
import type { LineStepInput } from './orders.ts'
import { type Attempted, clearStep, isErrorAttempt, raiseFailedStep } from './step-incidents.ts'

/**
 * An attempt makes no outside call in this time before its timeout: the call would run at the same time as the retry or
 * the undo.
 */
const SPARE_MS = 5_000

/**
 * Runs around every step. Records it in `operation_steps`, logs its failure, puts it on the operators' list and takes it
 * off, and converts its error with `asFailure`. When the recording fails, the step does not fail.
 */
export const stepInterceptor =
  (deps: Pick<Dependencies, 'db' | 'log'>) =>
  ({ info }: Context): { inbound: ActivityInboundCallsInterceptor } => ({
    inbound: {
      async execute(input: ActivityExecuteInput, next: Next<ActivityInboundCallsInterceptor, 'execute'>) {
        const { operationId, packageId, position } = (input.args[0] ?? {}) as Partial<StepArguments>
        const name = position ? `${info.activityType}:line_${position}` : info.activityType
        const orLog = async <T>(recording: Promise<T>) =>
          recording.catch((error: unknown) =>
            deps.log.warn({ error, operationId, step: name }, 'a step could not be recorded'),
          )
        const record = async (status: 'running' | 'done' | 'failed') => {
          if (!operationId || info.activityType === 'reportStatus') return
          const step = { operationId, name, status, attempt: info.attempt, at: new Date() }
          await orLog(recordStep(deps.db, step))
        }
        const attempted: Attempted = {
          object: operationId ?? packageId ?? name,
          name,
          attempt: info.attempt,
          scheduledAt: new Date(info.scheduledTimestampMs),
          at: new Date(info.currentAttemptScheduledTimestampMs),
        }
        const runOnce = async () => {
          await refuseReplaced(deps.db, operationId, info.workflowExecution?.workflowId)
          return next(input)
        }
        await record('running')
        try {
          const { result, isKeyAccepted } = await watchingKey(() =>
            withDeadline(info.startToCloseTimeoutMs - SPARE_MS, runOnce),
          )
          await record('done')
          await orLog(clearStep(deps.db, { ...attempted, isKeyAccepted }))
          return result
        } catch (error) {
          await record('failed')
          const raising = orLog(raiseFailedStep(deps.db, attempted, error))
          const isAlarming = (await raising) ?? isErrorAttempt(info.attempt)
          const about = { error, operationId, step: name, attempt: info.attempt }
          if (error instanceof DomainError && !isAlarming)
            deps.log.info({ ...about, error: error.code }, 'a step was refused')
          else if (isAlarming) deps.log.error(about, 'a step fails, and an operator has to look')
          else deps.log.warn(about, 'a step failed and is tried again')
          throw asFailure(error)
        }
      },
    },
  })

type StepArguments = LineStepInput & { packageId: PackageId }

/** A run that another one has replaced takes no step any more, so two runs of an operation never act. */
async function refuseReplaced(
  db: Dependencies['db'],
  id: OperationId | undefined,
  workflowId: string | undefined,
): Promise<void> {
  if (id && workflowId && (await isReplaced(db, { id, workflowId })))
    throw ApplicationFailure.create({
      message: 'Another run has replaced this one.',
      type: 'run_replaced',
      nonRetryable: true,
      category: 'BENIGN',
    })
}
