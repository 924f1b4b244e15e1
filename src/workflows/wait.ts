import { condition } from '@temporalio/workflow'
import type { ReportedStatus, WaitingFor } from '#contracts/status-update'

export interface Wait<Seen> {
  for: WaitingFor
  /** When to give up, by the workflow's clock; in ms. */
  until: number
  /** Answers nothing as long as there is nothing to see. */
  look: () => Promise<Seen | undefined>
}

interface Surroundings {
  report: (update: ReportedStatus) => Promise<void>
  checkpoint: () => void
  /** How many nudges there were. */
  nudges: () => number
  /** Whether the wait has to end. */
  isCancelled: () => boolean
}

/** Waits for a person, looking now and then and whenever it is nudged. Answers what it saw; nothing when time is up. */
export function waitingOn({ report, checkpoint, nudges, isCancelled }: Surroundings) {
  return async function waitFor<Seen>({
    for: waitingFor,
    until,
    look,
  }: Wait<Seen>): Promise<Seen | undefined> {
    const waiting = { for: waitingFor, until: new Date(until).toISOString() }
    await report({ status: 'waiting_for_you', waiting })
    try {
      for (let polls = 0; ; polls++) {
        const before = nudges() // a nudge that comes during the look must not be lost
        const seen = await look()
        if (seen === undefined) checkpoint()
        const left = until - Date.now()
        if (seen !== undefined || left <= 0) return seen
        const summary = `${waitingFor} until ${waiting.until}`
        await condition(() => nudges() > before || isCancelled(), Math.min(left, pollAfter(polls)), {
          summary,
        })
      }
    } finally {
      await report({ status: 'running' })
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
