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

/** Counts one call, or `by` calls. Returns the refusal when that exceeds the limit. */
export function tooManyOf(
  { max, count }: Counter,
  connection: string,
  at: Date,
  by = 1,
): TooManyCalls | undefined {
  const wait = count(connection, at, by)
  return wait ? new TooManyCalls(max, wait) : undefined
}

/** Counts one call. Refuses with `rate_limited` when that exceeds the limit. */
export function countWithin(counter: Counter, connection: string, at: Date): void {
  const tooMany = tooManyOf(counter, connection, at)
  if (tooMany) throw tooMany
}
