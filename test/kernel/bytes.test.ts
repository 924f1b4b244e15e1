import { expect, test } from 'vitest'
import {
  detailsOf,
  failureMessageOf,
  failureParamsOf,
  keywordsOf,
  resultListOf,
  summaryOf,
} from '#contracts/messages'
import { byteLength, cutToBytes } from '#kernel/bytes'
import { aRandom, seedOf } from '../support/random.ts'

const bytesOf = (value: unknown) => Buffer.byteLength(JSON.stringify(value))

/** Characters of one to four bytes, with and without an escape in JSON. */
const CHARACTERS = ['a', '/', '"', '\\', '\n', '\u0001', 'ü', '·', '…', '漢', '😀', '\ud800']

const { below, pick } = aRandom(seedOf(20261130))
const textOf = (length: number) => Array.from({ length }, () => pick(CHARACTERS)).join('')

test('the length in bytes is that of UTF-8', () => {
  for (let i = 0; i < 200; i++) {
    const text = textOf(i)
    expect(byteLength(text)).toBe(Buffer.byteLength(text))
  }
})

test('a cut text fits, begins like the text, and no character of it is broken', () => {
  for (let i = 0; i < 500; i++) {
    const [text, most] = [textOf(below(300)), 3 + below(300)]
    const cut = cutToBytes(text, most)

    expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(most)
    if (cut === text) continue
    const kept = Array.from(cut).slice(0, -1)
    expect(Array.from(text).slice(0, kept.length)).toEqual(kept)
    expect(cut.at(-1)).toBe('…')
  }
})

test('whatever a run publishes fits into what Temporal takes', () => {
  for (const [lines, lengths] of [
    [1, [1, 255, 30_000]],
    [20, [60, 255]],
    [50, [60, 255]],
    [20_000, [16]],
  ] as const)
    for (const length of lengths) {
      const names = Array.from({ length: lines }, () => textOf(length))
      const text = names.join(', ')

      expect(bytesOf(keywordsOf(names))).toBeLessThanOrEqual(2_048)
      expect(names.slice(0, keywordsOf(names).length)).toEqual(keywordsOf(names))
      expect(byteLength(summaryOf(text))).toBeLessThanOrEqual(400)
      expect(byteLength(detailsOf(text))).toBeLessThanOrEqual(10_000)
      const message = failureMessageOf(text)
      const params = failureParamsOf({ names, text, count: lines })
      expect(byteLength(message) + bytesOf(params)).toBeLessThan(4_096 + 2_000)
      const list = resultListOf(names)
      expect(bytesOf(list.items)).toBeLessThanOrEqual(2 ** 19)
      expect(list.isMore).toBe(list.items.length < lines)
    }
})

test('what is short is published as it is', () => {
  expect(keywordsOf(['northwind/module-search'])).toEqual(['northwind/module-search'])
  expect(failureParamsOf({ allowed: ['a', 'b'], most: 3 })).toEqual({ allowed: ['a', 'b'], most: 3 })
  expect(summaryOf('line 1 · 49.00 EUR')).toBe('line 1 · 49.00 EUR')
  expect(resultListOf(['v1.0.0'])).toEqual({ items: ['v1.0.0'], isMore: false })
})
