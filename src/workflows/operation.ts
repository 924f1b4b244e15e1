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
} from '@temporalio/workflow'
import type { ReportedStatus } from '#contracts/status-update'
import type { StoryOutcome } from '#contracts/stories'
import type { Refusal } from '#kernel/errors'
import type { OperationId } from '#kernel/ids'
import { needsOperatorAttribute, nudge, operationStatusAttribute, outcome } from '#contracts/messages'
import { GAVE_UP, refusalOf } from './refusals.ts'
import { isUndoFailed } from './saga.ts'
import { now, retryForever } from './steps.ts'
import { type Wait, waitingOn } from './wait.ts'

export interface Story {
  operationId: OperationId
  /** Before each step until money is taken: here a cancelled operation stops. */
  checkpoint: () => void
  /** From the first paid line on, cancelling is too late. */
  pointOfNoReturn: () => Promise<void>
  /** A result is told as it is, and the run ends as Failed by this, so that somebody looks. */
  needsOperator: (failure: Error) => void
  /** Waits for a person, looking now and then and whenever it is nudged. Answers what it saw; nothing when time is up. */
  waitFor: <Seen>(wait: Wait<Seen>) => Promise<Seen | undefined>
}

/**
 * The wrapper of every story: it alone changes the operation's status, with a rising revision. A result ends as
 * `completed`; a refusal as `failed`, and the run as Completed, since it ended as designed; exhausted retries and
 * failed undos as `failed`, and the run as Failed, since somebody has to look; a cancellation as `cancelled`. Any
 * other error is a bug: the run hangs until it is mended.
 */
export function operation<Outcome extends StoryOutcome>(run: (story: Story) => Promise<Outcome>) {
  return async ({ operationId }: { operationId: OperationId }): Promise<void> => {
    let nudges = 0
    let worthReading = false
    let cancelAsked = false
    let revision = 0
    let isCancellable = true
    let defect: Error | undefined
    // handlers change variables only, and are set before the first await
    setHandler(nudge, () => {
      nudges++
    })
    setHandler(outcome, () => CancellationScope.nonCancellable(() => condition(() => worthReading)))
    CancellationScope.current().cancelRequested.catch(() => {
      cancelAsked = true
    })

    const report = async (update: ReportedStatus) => {
      await retryForever.reportStatus({ operationId, revision: ++revision, ...update, at: now() })
      upsertSearchAttributes([
        { key: operationStatusAttribute, value: update.status },
        ...(update.needsOperator ? [{ key: needsOperatorAttribute, value: true }] : []),
      ])
      if (update.status !== 'running') worthReading = true
    }
    const story: Story = {
      operationId,
      checkpoint: () => stopIf(cancelAsked),
      async pointOfNoReturn() {
        isCancellable = false
        await report({ status: 'running', cancellable: false })
      },
      needsOperator(failure) {
        defect ??= failure
      },
      waitFor: waitingOn({
        // what waits for a person has nothing in flight: the rest of it may be cancelled whatever was paid before
        report: (update) =>
          report({ ...update, cancellable: isCancellable || update.status === 'waiting_for_you' }),
        checkpoint: () => story.checkpoint(),
        nudges: () => nudges,
        isCancelled: () => cancelAsked,
      }),
    }
    try {
      await CancellationScope.nonCancellable(async () => {
        try {
          const result = await run(story)
          await report({ status: 'completed', result, needsOperator: defect !== undefined })
        } catch (failure) {
          const ending = endingOf(failure)
          await report(ending.update)
          if (ending.isOurs) throw failure
        }
      })
      if (defect) throw defect
    } finally {
      worthReading = true
      await CancellationScope.nonCancellable(() => condition(allHandlersFinished))
    }
  }
}

function stopIf(cancelAsked: boolean): void {
  if (cancelAsked) throw new CancelledFailure('the caller cancelled')
}

/** How a failed story ends for its caller, and whether its run has to end as a failure that somebody looks at. */
function endingOf(failure: unknown): { update: ReportedStatus; isOurs: boolean } {
  if (isCancellation(failure)) return { update: { status: 'cancelled' }, isOurs: true }
  const cause = failure instanceof ActivityFailure ? failure.cause : failure
  if (!(cause instanceof ApplicationFailure) && !(failure instanceof ActivityFailure)) throw failure
  if (cause instanceof ApplicationFailure && cause.nonRetryable) {
    const error = refusalOf(cause)
    const needsOperator = isUndoFailed(cause)
    return { update: { status: 'failed', error, needsOperator }, isOurs: needsOperator }
  }
  return { update: { status: 'failed', error: GAVE_UP, needsOperator: true }, isOurs: true }
}

/** Why a step failed, in words for callers. */
export function refusalIn(failure: unknown): Refusal {
  const cause = failure instanceof ActivityFailure ? failure.cause : failure
  return cause instanceof ApplicationFailure && cause.nonRetryable ? refusalOf(cause) : GAVE_UP
}
