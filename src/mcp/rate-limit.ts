import { type Counter, counterOf } from '#platform/minute-counter'
import { TooManyCalls } from './errors.ts'

const CALLS = 240
const STARTS = 30

/** What one connection may do in a minute. */
export interface Limits {
  calls: Counter
  /** Calls of tools that start an operation or create something. */
  starts: Counter
}

export const connectionLimits = (): Limits => ({ calls: counterOf(CALLS), starts: counterOf(STARTS) })

/** Counts, and refuses `rate_limited` what is too many. */
export function countWithin({ most, count }: Counter, connection: string, at: Date): void {
  const wait = count(connection, at)
  if (wait) throw new TooManyCalls(most, wait)
}
