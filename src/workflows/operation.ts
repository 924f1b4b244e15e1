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
import type { Refusal } from '#kernel/errors'
import type { OperationId } from '#kernel/ids'
import { needsOperatorAttribute, nudge, operationStatusAttribute, outcome } from './messages.ts'
import { now, untilDone } from './steps.ts'
import { UNDO_FAILED } from './saga.ts'

type Status = 'running' | 'waiting_for_you' | 'completed' | 'failed' | 'cancelled'
type WaitingFor = 'authentication' | 'payment_method'

export interface Story {
  operationId: OperationId
  /** Before each step until money is taken: here a cancelled operation stops. */
  checkpoint: () => void
  /** From the first paid line on, cancelling is too late. */
  pointOfNoReturn: () => Promise<void>
  /** Waits for a person, looking now and then and whenever it is nudged. Answers what it saw; nothing when time is up. */
  waitFor: <Seen>(wait: Wait<Seen>) => Promise<Seen | undefined>
}

export interface Wait<Seen> {
  for: WaitingFor
  /** When to give up, by the workflow's clock; in ms. */
  until: number
  /** Answers nothing as long as there is nothing to see. */
  look: () => Promise<Seen | undefined>
}

interface News {
  status: Status
  waiting?: { for: WaitingFor; until: string }
  result?: Record<string, unknown>
  error?: Refusal
  cancellable?: boolean
  needsOperator?: boolean
}

/**
 * The wrapper of every story: it alone changes the operation's status, with a rising revision. A result ends as
 * `completed`; a refusal as `failed`, and the run as Completed, since it ended as designed; exhausted retries and
 * failed undos as `failed`, and the run as Failed, since somebody has to look; a cancellation as `cancelled`. Any
 * other error is a bug: the run hangs until it is mended.
 */
export function operation<Result extends Record<string, unknown>>(tell: (story: Story) => Promise<Result>) {
  return async ({ operationId }: { operationId: OperationId }): Promise<void> => {
    let heard = 0
    let worthReading = false
    let cancelAsked = false
    let revision = 0
    // handlers change variables only, and are set before the first await
    setHandler(nudge, () => {
      heard++
    })
    setHandler(outcome, () => CancellationScope.nonCancellable(() => condition(() => worthReading)))
    CancellationScope.current().cancelRequested.catch(() => {
      cancelAsked = true
    })

    const report = async (news: News) => {
      await untilDone.tellOperation({ operationId, revision: ++revision, ...news, at: now() })
      upsertSearchAttributes([
        { key: operationStatusAttribute, value: news.status },
        ...(news.needsOperator ? [{ key: needsOperatorAttribute, value: true }] : []),
      ])
      if (news.status !== 'running') worthReading = true
    }
    const story: Story = {
      operationId,
      checkpoint() {
        if (cancelAsked) throw new CancelledFailure('the caller cancelled')
      },
      async pointOfNoReturn() {
        await report({ status: 'running', cancellable: false })
      },
      async waitFor({ for: waitingFor, until, look }) {
        const waiting = { for: waitingFor, until: new Date(until).toISOString() }
        await report({ status: 'waiting_for_you', waiting })
        for (let polls = 0; ; polls++) {
          const before = heard // a nudge that comes during the look must not be lost
          const seen = await look()
          if (seen === undefined) story.checkpoint()
          const left = until - Date.now()
          if (seen !== undefined || left <= 0) {
            await report({ status: 'running' })
            return seen
          }
          const summary = `${waitingFor} until ${waiting.until}`
          await condition(() => heard > before || cancelAsked, Math.min(left, pollAfter(polls)), { summary })
        }
      },
    }
    try {
      await CancellationScope.nonCancellable(async () => {
        try {
          await report({ status: 'completed', result: await tell(story) })
        } catch (failure) {
          const ending = endingOf(failure)
          await report(ending.news)
          if (ending.isOurs) throw failure
        }
      })
    } finally {
      worthReading = true
      await CancellationScope.nonCancellable(() => condition(allHandlersFinished))
    }
  }
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** Slower and slower, so that a wait of a month stays a small history; a nudge looks at once. */
function pollAfter(polls: number): number {
  const first = [1, 2, 5][polls]
  if (first !== undefined) return first * MINUTE
  return polls < 3 + DAY / (10 * MINUTE) ? 10 * MINUTE : 120 * MINUTE
}

const SOMEBODY_LOOKS: Refusal = {
  code: 'internal_error',
  message: 'The operation could not be finished; somebody is looking at it.',
  next_step: 'Call get_operation later; do not start again with a new key.',
}

/** How a failed story ends for its caller, and whether its run has to end as a failure that somebody looks at. */
function endingOf(failure: unknown): { news: News; isOurs: boolean } {
  if (isCancellation(failure)) return { news: { status: 'cancelled' }, isOurs: true }
  const cause = failure instanceof ActivityFailure ? failure.cause : failure
  if (!(cause instanceof ApplicationFailure) && !(failure instanceof ActivityFailure)) throw failure
  if (cause instanceof ApplicationFailure && cause.nonRetryable) {
    const error = asRefusal(cause)
    const needsOperator = error.code === UNDO_FAILED
    return { news: { status: 'failed', error, needsOperator }, isOurs: needsOperator }
  }
  return { news: { status: 'failed', error: SOMEBODY_LOOKS, needsOperator: true }, isOurs: true }
}

function asRefusal({ type, message, details }: ApplicationFailure): Refusal {
  const [nextStep] = details ?? []
  return {
    code: type ?? SOMEBODY_LOOKS.code,
    message,
    next_step: typeof nextStep === 'string' ? nextStep : SOMEBODY_LOOKS.next_step,
  }
}
