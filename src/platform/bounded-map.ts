export type BoundedMap<Key, Value> = Pick<Map<Key, Value>, 'get' | 'has' | 'delete' | 'clear'> & {
  /** As the newest, also when it was there. */
  set: (key: Key, value: Value) => void
}

/**
 * A map that forgets its oldest when its values weigh more than `most`: in a process that lives on, nothing grows
 * forever. By default each weighs 1.
 */
export function boundedMap<Key, Value>(
  most: number,
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
        if (weight <= most) return
        remove(oldest)
      }
    },
  }
}
