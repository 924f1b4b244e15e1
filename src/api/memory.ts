import type { MaybePromise } from '#kernel/maybe-promise'
import { boundedMap } from '#platform/bounded-map'
import { listen } from '#platform/listen'

/** A value is kept at most this long, even when its notification was lost. */
const MAX_AGE_MS = 10_000
const MAX_VALUES = 10_000
/** Fewer pages than other values, because a catalogue page shows up to 100 packages. */
const MAX_PAGES = 200
/** In characters. A longer key cannot be the name of one of our objects. */
const MAX_KEY_LENGTH = 400

export interface Memory {
  /**
   * Returns what `load` returned recently for this key: the value itself, or a promise while it loads. Callers that
   * come while it loads share the same result.
   */
  recall: <T>(key: string, load: () => Promise<T>) => MaybePromise<T>
}

/** Remembers nothing: calls `load` each time. */
export const noMemory: Memory = { recall: (_, load) => load() }

export interface FlushableMemory extends Memory {
  /** Forgets everything. Also forgets values that are loading, because they may be stale. Ends a pause. */
  flush: () => void
  /** Forgets everything and remembers nothing until the next `flush`. */
  pause: () => void
}

interface Kept {
  value: MaybePromise<unknown>
  until: number
}

/** Starts paused. A value is stored when its load begins, so that a flush during the load forgets it, too. */
export function openMemory({ now, max = MAX_VALUES }: { now: () => Date; max?: number }): FlushableMemory {
  const known = boundedMap<string, Kept>(max)
  let paused = true

  function keep<T>(key: string, value: Promise<T>): Promise<T> {
    const kept: Kept = { value, until: now().getTime() + MAX_AGE_MS }
    const forget = () => known.get(key) === kept && known.delete(key)
    known.set(key, kept)
    // only waiting callers get a failure; a missing value is not kept either, so that unknown names cannot fill the
    // memory
    value.then((found) => (found === undefined ? forget() : (kept.value = found)), forget)
    return value
  }

  return {
    recall<T>(key: string, load: () => Promise<T>): MaybePromise<T> {
      if (paused || key.length > MAX_KEY_LENGTH) return load()
      const found = known.get(key)
      if (found && now().getTime() < found.until) return found.value as MaybePromise<T>
      return keep(key, load())
    },
    flush() {
      known.clear()
      paused = false
    },
    pause() {
      known.clear()
      paused = true
    },
  }
}

/**
 * Opens two memories. Every transaction that changes data in them empties them. They are paused while the listener is
 * not connected. `pages` keeps few values, because each may be large.
 */
export function listeningMemory(
  databaseUrl: string,
  { now, againAfterMs }: { now: () => Date; againAfterMs?: number },
): { memory: Memory; pages: Memory; stop: () => Promise<void> } {
  const memory = openMemory({ now })
  const pages = openMemory({ now, max: MAX_PAGES })
  const all = [memory, pages]
  const listener = listen(databaseUrl, 'registry', {
    onNotified: () => all.forEach(({ flush }) => flush()),
    onLost: () => all.forEach(({ pause }) => pause()),
    ...(againAfterMs && { againAfterMs }),
  })
  return { memory, pages, stop: listener.stop }
}
