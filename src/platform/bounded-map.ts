export type BoundedMap<Key, Value> = Pick<Map<Key, Value>, 'get' | 'has' | 'delete' | 'clear'> & {
  /** Makes the key the newest one, even if it was already there. */
  set: (key: Key, value: Value) => void
  size: () => number
}

/**
 * A map that removes its oldest entries when its values weigh more than `max` together, so that it cannot grow forever.
 * By default each value weighs 1.
 */
export function boundedMap<Key, Value>(
  max: number,
  weigh: (value: Value) => number = () => 1,
): BoundedMap<Key, Value> {
  const map = new Map<Key, Value>()
  let weight = 0

  function remove(key: Key): boolean {
    const value = map.get(key)
    if (value === undefined) return map.delete(key)
    weight -= weigh(value)
    return map.delete(key)
  }

  return {
    get: (key) => map.get(key),
    has: (key) => map.has(key),
    size: () => map.size,
    delete: remove,
    clear() {
      map.clear()
      weight = 0
    },
    set(key, value) {
      remove(key)
      map.set(key, value)
      weight += weigh(value)
      for (const oldest of map.keys()) {
        if (weight <= max) return
        remove(oldest)
      }
    },
  }
}
