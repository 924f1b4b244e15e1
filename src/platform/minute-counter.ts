import { boundedMap } from './bounded-map.ts'

const A_MINUTE = 60_000
/** How many keys are kept. With more, the key whose minute began first is removed. */
const MAX_KEYS = 10_000

export interface Counter {
  max: number
  /** Counts one call, or `by` calls. Returns how long to wait, in ms; 0 within the limit. */
  count: (key: string, at: Date, by?: number) => number
  /** Returns what `count` would return for one more call, and counts nothing. */
  wait: (key: string, at: Date) => number
  /** True when no key was ever counted. */
  isEmpty: () => boolean
}

/** Allows each key `max` calls a minute in this process. The minute begins with the key's first call. */
export function counterOf(max: number): Counter {
  const minutes = boundedMap<string, { since: number; counted: number }>(MAX_KEYS)

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
    max,
    isEmpty: () => minutes.size() === 0,
    count(key, at, by = 1) {
      const now = at.getTime()
      const minute = current(key, now) ?? begin(key, now)
      minute.counted += by
      return minute.counted > max ? left(minute.since, now) : 0
    },
    wait(key, at) {
      const minute = current(key, at.getTime())
      return minute && minute.counted >= max ? left(minute.since, at.getTime()) : 0
    },
  }
}
