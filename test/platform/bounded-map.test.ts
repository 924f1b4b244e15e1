import { expect, test } from 'vitest'
import { boundedMap } from '#platform/bounded-map'

test('a bounded map forgets its oldest; what is put in again is new', () => {
  const map = boundedMap<string, number>(2)
  for (const [at, key] of ['a', 'b', 'a', 'c'].entries()) map.set(key, at)

  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([2, undefined, 3])
})
