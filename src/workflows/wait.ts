import { condition } from '@temporalio/workflow'
import { summaryOf } from '#contracts/messages'
import type { ReportedStatus, WaitingFor } from '#contracts/status-update'

export interface Wait<Seen> {
  for: WaitingFor
  /** When the wait ends, in ms since 1970 by the workflow's clock. */
  until: number
  /** Returns undefined until there is a result. */
  look: () => Promise<Seen | undefined>
}

/** A wait for somebody who is not the person who asked. The person who asked has nothing to do. */
export interface QuietWait<Seen> extends Omit<Wait<Seen>, 'for'> {
  /** What it waits for, in words for operators. */
  summary: string
}

interface WaitContext {
  report: (update: ReportedStatus) => Promise<void>
  checkpoint: () => void
  /** The number of nudges so far. */
  nudges: () => number
  /** Whether the operation was cancelled, which ends the wait. */
  isCancelled: () => boolean
  /** Called when a quiet wait begins: callers that wait for a status update get one. */
  worthReading: () => void
}

/** Makes `Story.waitFor` and `Story.waitForOthers`. */
export function waitingOn({ report, checkpoint, nudges, isCancelled, worthReading }: WaitContext) {
  let firstWait: number | undefined
  async function lookUntil<Seen>({ summary, until, look }: QuietWait<Seen>, onWait?: () => void) {
    const began = Date.now()
    firstWait ??= began
    for (;;) {
      const before = nudges() // the number is read before the look, so that a nudge during the look leads to a second look
      const seen = await look()
      if (seen === undefined) checkpoint()
      const remaining = until - Date.now()
      if (seen !== undefined || remaining <= 0) return seen
      onWait?.()
      const pause = pollAfter(Date.now() - began, Date.now() - firstWait)
      await condition(() => nudges() > before || isCancelled(), Math.min(remaining, pause), {
        summary: summaryOf(`${summary} until ${new Date(until).toISOString()}`),
      })
    }
  }
  return {
    async waitFor<Seen>({ for: waitingFor, until, look }: Wait<Seen>): Promise<Seen | undefined> {
      const waiting = { for: waitingFor, until: new Date(until).toISOString() }
      await report({ status: 'waiting_for_you', waiting })
      try {
        return await lookUntil({ summary: waitingFor, until, look })
      } finally {
        await report({ status: 'running' })
      }
    },
    waitForOthers: <Seen>(wait: QuietWait<Seen>): Promise<Seen | undefined> => lookUntil(wait, worthReading),
  }
}

/** Looks until there is a result: after each nudge, and at growing intervals in case one was lost. */
export async function watchRun<Seen>(
  look: () => Promise<Seen | undefined>,
  nudges: () => number,
): Promise<Seen> {
  for (let polls = 0; ; polls++) {
    const before = nudges()
    const seen = await look()
    if (seen !== undefined) return seen
    await condition(() => nudges() > before, Math.min(5_000 * 2 ** polls, 10 * MINUTE))
  }
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/**
 * The time until the next look, in ms, after waiting for `waited` ms, in a run whose first wait began `sinceFirst` ms
 * ago. It grows, so that a wait of a month and a purchase with twenty waits still have a small history. It does not
 * depend on nudges: a nudge makes no later look rarer.
 */
function pollAfter(waited: number, sinceFirst: number): number {
  if (waited < 1 * MINUTE) return 1 * MINUTE
  if (waited < 3 * MINUTE) return 2 * MINUTE
  if (waited < 8 * MINUTE) return 5 * MINUTE
  if (sinceFirst < 1 * DAY) return 10 * MINUTE
  return sinceFirst < 7 * DAY ? 2 * HOUR : 12 * HOUR
}
