import { boundedMap } from './bounded-map.ts'

const A_MINUTE = 60_000
/** Keys that are remembered; beyond it the one is forgotten whose minute began first. */
const MOST_KEYS = 10_000

export interface Counter {
  most: number
  /** Counts one more, or `by`. Answers how long to wait, in ms: 0 within the limit. */
  count: (key: string, at: Date, by?: number) => number
  /** The same without counting: whether one more would be too many. */
  wait: (key: string, at: Date) => number
}

/** So many a minute for each key, from its first one on; in this process. */
export function counterOf(most: number): Counter {
  const minutes = boundedMap<string, { since: number; counted: number }>(MOST_KEYS)

  function current(key: string, now: number) {
    const minute = minutes.get(key)
    return minute && now >= minute.since && now - minute.since < A_MINUTE ? minute : undefined
  }
  function begin(key: string, since: number) {
    const minute = { since, counted: 0 }
    minutes.set(key, minute)
    return minute
  }
  const left = (since: number, now: number) => Math.max(1, since + A_MINUTE - now)

  return {
    most,
    count(key, at, by = 1) {
      const now = at.getTime()
      const minute = current(key, now) ?? begin(key, now)
      minute.counted += by
      return minute.counted > most ? left(minute.since, now) : 0
    },
    wait(key, at) {
      const minute = current(key, at.getTime())
      return minute && minute.counted >= most ? left(minute.since, at.getTime()) : 0
    },
  }
}
