import { expect, test } from 'vitest'
import { boundedMap } from '#platform/bounded-map'

test('a full bounded map drops its oldest entry, and setting a key again makes it the newest', () => {
  const map = boundedMap<string, number>(2)
  for (const [at, key] of ['a', 'b', 'a', 'c'].entries()) map.set(key, at)

  expect(['a', 'b', 'c'].map((key) => map.get(key))).toEqual([2, undefined, 3])
})

test('a bounded map with weights drops its oldest entries until the rest is within the limit', () => {
  const map = boundedMap<string, string>(6, ({ length }) => length)
  for (const key of ['aaa', 'bb', 'a', 'bb', 'cccc']) map.set(key, key)

  expect(['aaa', 'bb', 'a', 'cccc'].map((key) => map.has(key))).toEqual([false, true, false, true])
  map.delete('bb')
  map.set('dd', 'dd')
  expect(map.has('cccc')).toBe(true)
  map.set('too long to be kept', 'too long to be kept')
  expect(['cccc', 'dd', 'too long to be kept'].some((key) => map.has(key))).toBe(false)
  map.set('cccc', 'cccc')
  map.clear()
  map.set('ffffff', 'ffffff')
  expect(map.has('ffffff')).toBe(true)
})
