import { boundedMap } from '#platform/bounded-map'
import { listen } from '#platform/listen'

/** However lost a notice may get, nothing is remembered for longer. */
const LONGEST_MS = 10_000
const MOST = 10_000
/** A page of the catalogue has up to 100 packages. */
const MOST_PAGES = 200
/** In characters; what is asked for with a longer one is nothing that we have. */
const LONGEST_KEY = 400

export interface Memory {
  /** What `load` answered lately under that key; who asks while it loads waits for the same answer. */
  recall: <T>(key: string, load: () => Promise<T>) => Promise<T>
}

/** Asks each time. */
export const noMemory: Memory = { recall: (_, load) => load() }

export interface FlushableMemory extends Memory {
  /** Forgets everything, what is loading included: it may be of before. From now on there are notices. */
  flush: () => void
  /** Forgets everything, and remembers nothing until the next `flush`. */
  pause: () => void
}

/** Paused at first. A value is put away when its loading begins, so that a flush meanwhile forgets it, too. */
export function openMemory({ now, most = MOST }: { now: () => Date; most?: number }): FlushableMemory {
  const known = boundedMap<string, { value: Promise<unknown>; until: number }>(most)
  let paused = true

  function keep<T>(key: string, value: Promise<T>): Promise<T> {
    const kept = { value, until: now().getTime() + LONGEST_MS }
    const forget = () => known.get(key) === kept && known.delete(key)
    known.set(key, kept)
    // a failure is an answer for who waits for it only, and nobody fills the memory with what is not there
    value.then((found) => found === undefined && forget(), forget)
    return value
  }

  return {
    recall<T>(key: string, load: () => Promise<T>): Promise<T> {
      if (paused || key.length > LONGEST_KEY) return load()
      const found = known.get(key)
      if (found && now().getTime() < found.until) return found.value as Promise<T>
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
 * Two memories that every transaction on what they may hold ends, and that remember nothing while they cannot hear of
 * it: `pages` has room for few values, because each may be large.
 */
export function listeningMemory(
  databaseUrl: string,
  { now, againAfterMs }: { now: () => Date; againAfterMs?: number },
): { memory: Memory; pages: Memory; stop: () => Promise<void> } {
  const memory = openMemory({ now })
  const pages = openMemory({ now, most: MOST_PAGES })
  const all = [memory, pages]
  const listener = listen(databaseUrl, 'registry', {
    onNotified: () => all.forEach(({ flush }) => flush()),
    onLost: () => all.forEach(({ pause }) => pause()),
    ...(againAfterMs && { againAfterMs }),
  })
  return { memory, pages, stop: listener.stop }
}
