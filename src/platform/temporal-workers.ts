import { setTimeout as sleep } from 'node:timers/promises'

/** Why work does not go on: nobody polls for it, or Temporal gives no answer. */
export type Obstacle = 'no_worker' | 'unreachable'

/** What Temporal says about a task queue. */
export interface QueueLook {
  /** When a worker polled last, as an opaque text: the clock is Temporal's. Undefined when Temporal knows no poller. */
  lastPoll: string | undefined
  /** For how long the oldest task has waited. */
  waitingS: number
}

export interface WorkerWatchOptions {
  /** Returns undefined for a server that does not say it. */
  look: () => Promise<QueueLook | 'unreachable' | undefined>
  /** How long an answer is used again, in ms. */
  freshMs?: number
  /** How long a worker may take to poll again while a task waits, in ms. */
  pollsWithinMs?: number
  /**
   * A worker polls for nothing while it has as many tasks as it takes, which may last long. Then only the list of pollers
   * is a proof: Temporal takes a killed worker off it after 5 minutes.
   */
  isOftenFull?: boolean
  /** Called when it is noticed that nobody works any more, and when somebody works again. */
  onChange?: (isGone: boolean) => void
}

/** A worker polls again at least once a minute. */
const LONGEST_POLL_MS = 75_000
/** A worker takes a task within moments. Temporal looks at the age of its tasks every 5 s. */
const WAITS_LONG_S = 3

/**
 * Returns what keeps work from going on. Temporal lists a killed worker for five more minutes, so a list of pollers is no
 * proof. Without a worker, nobody polls for a minute, or a task waits and nobody polls for a second. Times are compared
 * only with times of the same clock, because clocks may be wrong.
 */
export function workerWatch({
  look,
  freshMs = 3_000,
  pollsWithinMs = 1_000,
  isOftenFull = false,
  onChange = () => {},
}: WorkerWatchOptions): () => Promise<Obstacle | undefined> {
  let newest = { poll: '', since: 0 }
  let shared: Promise<Obstacle | undefined> | undefined
  let until = 0
  let wasGone = false

  async function find(): Promise<Obstacle | undefined> {
    const first = await look()
    if (typeof first !== 'object') return first
    if (!first.lastPoll) return 'no_worker'
    if (isOftenFull) return undefined
    if (first.lastPoll !== newest.poll) newest = { poll: first.lastPoll, since: performance.now() }
    if (performance.now() - newest.since > LONGEST_POLL_MS) return 'no_worker'
    if (first.waitingS < WAITS_LONG_S) return undefined
    await sleep(pollsWithinMs)
    const second = await look()
    if (typeof second !== 'object') return second
    return second.waitingS >= WAITS_LONG_S && second.lastPoll === first.lastPoll ? 'no_worker' : undefined
  }

  async function findAndTell(): Promise<Obstacle | undefined> {
    const found = await find()
    // without an answer nothing is known
    if (found !== 'unreachable' && (found === 'no_worker') !== wasGone) onChange((wasGone = !wasGone))
    return found
  }

  return () => {
    if (shared && performance.now() < until) return shared
    until = Infinity
    shared = findAndTell().finally(() => (until = performance.now() + freshMs))
    return shared
  }
}
