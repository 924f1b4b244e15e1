export type BoundedMap<Key, Value> = Pick<Map<Key, Value>, 'get' | 'has' | 'delete' | 'clear'> & {
  /** As the newest, also when it was there. */
  set: (key: Key, value: Value) => void
}

/** A map that forgets its oldest when there are more than `most`: in a process that lives on, nothing grows forever. */
export function boundedMap<Key, Value>(most: number): BoundedMap<Key, Value> {
  const map = new Map<Key, Value>()
  return {
    get: (key) => map.get(key),
    has: (key) => map.has(key),
    delete: (key) => map.delete(key),
    clear: () => map.clear(),
    set(key, value) {
      map.delete(key)
      map.set(key, value)
      for (const oldest of map.keys()) {
        if (map.size <= most) return
        map.delete(oldest)
      }
    },
  }
}
