import {
  ActivityFailure,
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  condition,
  isCancellation,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow'
import type { OperatorCause, ReportedStatus } from '#contracts/status-update'
import type { StoryOutcome } from '#contracts/stories'
import type { Refusal } from '#kernel/errors'
import type { OperationId } from '#kernel/ids'
import { needsOperatorAttribute, nudge, operationStatusAttribute, outcome } from '#contracts/messages'
import type { StoryCode } from '#contracts/refusals'
import { CANCELLED, gaveUp, refusalOf } from './refusals.ts'
import { isUndoFailed } from './saga.ts'
import { now, retryForever } from './steps.ts'
import { type QuietWait, type Wait, waitingOn, watchRun } from './wait.ts'

export interface Story {
  operationId: OperationId
  /** This run replaces a lost one, which may have taken any of its steps. */
  isResumed: boolean
  /** Called before each step until money is taken. Throws when the operation was cancelled. */
  checkpoint: () => void
  /** Called at the first paid line. From then on the operation can be cancelled only while it waits. */
  pointOfNoReturn: () => Promise<void>
  /** Ends the run as Failed with this failure of a part, so that an operator looks at it. Does not change the result. */
  needsOperator: (failure: Error) => void
  /** Waits for a person. Looks at intervals and after each nudge. Returns what it saw, or undefined after `until`. */
  waitFor: <Seen>(wait: Wait<Seen>) => Promise<Seen | undefined>
  /** As `waitFor`, for somebody else, such as the operator. The status stays `running`. */
  waitForOthers: <Seen>(wait: QuietWait<Seen>) => Promise<Seen | undefined>
  /** Waits for another run. Looks at intervals and after each nudge. */
  watch: <Seen>(look: () => Promise<Seen | undefined>) => Promise<Seen>
}

/**
 * Wraps every story. Only this code changes the status of the operation, with an increasing revision:
 * - A result ends it as `completed`, a cancellation as `cancelled`.
 * - A refusal ends it as `failed`, and the run as Completed, because it ended as designed.
 * - Exhausted retries, failed undos, lost runs and defects of ours end it as `failed`, and the run as Failed.
 * - Any other error is a bug: the run stops until the code is fixed.
 */
export function operation<Outcome extends StoryOutcome>(run: (story: Story) => Promise<Outcome>) {
  return async ({ operationId }: { operationId: OperationId }): Promise<void> => {
    let nudges = 0
    let worthReading = false
    let cancelRequested = false
    let revision = 0
    let isCancellable = true
    let defect: Error | undefined
    // handlers only change variables, and are set before the first await
    setHandler(nudge, () => void nudges++)
    setHandler(outcome, () => CancellationScope.nonCancellable(() => condition(() => worthReading)))
    CancellationScope.current().cancelRequested.catch(() => {
      cancelRequested = true
    })

    const report = async (update: ReportedStatus) => {
      revision = await tell(operationId, revision + 1, update)
      upsertSearchAttributes([
        { key: operationStatusAttribute, value: update.status },
        ...(update.needsOperator ? [{ key: needsOperatorAttribute, value: true }] : []),
      ])
      if (update.status !== 'running') worthReading = true
    }
    const story: Story = {
      operationId,
      isResumed: workflowInfo().workflowId.split('/').length > 2,
      checkpoint: () => stopIf(cancelRequested),
      async pointOfNoReturn() {
        isCancellable = false
        await report({ status: 'running', cancellable: false })
      },
      needsOperator(failure) {
        defect ??= failure
      },
      ...waitingOn({
        // while it waits, no payment is in flight: the remaining lines may be cancelled, even after a paid line
        report: (update) =>
          report({ ...update, cancellable: isCancellable || update.status === 'waiting_for_you' }),
        checkpoint: () => story.checkpoint(),
        nudges: () => nudges,
        isCancelled: () => cancelRequested,
        worthReading: () => void (worthReading = true),
      }),
      watch: (look) => watchRun(look, () => nudges),
    }
    try {
      await CancellationScope.nonCancellable(async () => {
        try {
          const result = await run(story)
          await report({ status: 'completed', result, needsOperator: operatorCauseOf(defect) })
        } catch (failure) {
          const ending = endingOf(failure, defect)
          await report(ending.update)
          if (ending.endsRun) throw failure
        }
      })
      if (defect) throw defect
    } finally {
      worthReading = true
      await CancellationScope.nonCancellable(() => condition(allHandlersFinished))
    }
  }
}

/**
 * Reports a status and returns the revision that it got. A lost run, or a later state of this one in a store that was
 * restored, may have reported more than this run knows: then it counts on from the row.
 */
async function tell(operationId: OperationId, revision: number, update: ReportedStatus): Promise<number> {
  const present = await retryForever.reportStatus({ operationId, revision, ...update, at: now() })
  return present ? tell(operationId, present + 1, update) : revision
}

/** The code of `lost`. */
const LOST: StoryCode = 'operation_lost'

function stopIf(cancelRequested: boolean): void {
  if (cancelRequested) throw new CancelledFailure('the caller cancelled')
}

/**
 * The status update for a failed story. `endsRun`: whether the run has to end with the failure, too. `defect`: why an
 * operator has to look at a part of the story. What of it could not be undone was tried again with the whole story.
 */
function endingOf(failure: unknown, defect?: Error): { update: ReportedStatus; endsRun: boolean } {
  const ofPart = operatorCauseOf(defect) === 'our_defect' ? 'our_defect' : undefined
  const needsOperator = operatorCauseOf(failure) ?? ofPart
  if (isCancellation(failure)) return { update: { status: 'cancelled', needsOperator }, endsRun: true }
  const cause = failure instanceof ActivityFailure ? failure.cause : failure
  if (!(cause instanceof ApplicationFailure) && !(failure instanceof ActivityFailure)) throw failure
  if (!(cause instanceof ApplicationFailure) || !cause.nonRetryable)
    return {
      update: { status: 'failed', error: gaveUp(workflowInfo().workflowId), needsOperator },
      endsRun: true,
    }
  if (cause.type === CANCELLED.code) return { update: { status: 'cancelled', needsOperator }, endsRun: false }
  const update = { status: 'failed', error: refusalOf(cause), needsOperator } as const
  return { update, endsRun: operatorCauseOf(failure) !== undefined }
}

/**
 * Why an operator has to look at a failure: an undo failed, the run was lost too often, or the step failed by a defect of
 * ours. Undefined for what is benign, a refusal or an outage, and for steps whose workers died: after their undo nothing
 * is owed.
 */
export function operatorCauseOf(failure: unknown): OperatorCause | undefined {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure
  if (!(cause instanceof ApplicationFailure)) return undefined
  if (isUndoFailed(cause)) return 'undo_failed'
  if (cause.type === LOST) return 'operation_lost'
  return cause.category === 'BENIGN' ? undefined : 'our_defect'
}

/** The refusal that a caller gets for a failed step. */
export function refusalIn(failure: unknown): Refusal {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure
  return cause instanceof ApplicationFailure && cause.nonRetryable
    ? refusalOf(cause)
    : gaveUp(workflowInfo().workflowId)
}
