import { describe, expect, test } from 'vitest'
import { openBodies } from '../../../src/api/composer/bodies.ts'
import { openMemory } from '../../../src/api/memory.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

/** A memory that is not paused; `ask` loads a counter. */
function aMemory({ max }: { max?: number } = {}) {
  let clock = NOW
  let loads = 0
  const memory = openMemory({ now: () => clock, ...(max && { max }) })
  memory.flush()
  return {
    ...memory,
    setClock: (to: Date) => (clock = to),
    /** Returns how many loads there were when this value was loaded. */
    ask: (key = 'a') => memory.recall(key, async () => ++loads),
  }
}

describe('a memory', () => {
  test('a memory returns a loaded value for ten seconds', async () => {
    const { ask, setClock } = aMemory()
    expect([await ask(), await ask(), await ask('b')]).toEqual([1, 1, 2])
    setClock(new Date(NOW.getTime() + 9_999))
    expect(await ask()).toBe(1)
    setClock(new Date(NOW.getTime() + 10_000))
    expect(await ask()).toBe(3)
  })

  test('a memory loads once for all callers that ask during the load', async () => {
    const { ask } = aMemory()
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([1, 1, 1])
  })

  test('a memory does not keep a value whose load began before a flush', async () => {
    const { recall, flush, ask } = aMemory()
    const { promise, resolve } = Promise.withResolvers<string>()
    const beforeFlush = recall('a', () => promise)
    flush()
    const afterFlush = ask()
    resolve('old')
    expect([await beforeFlush, await afterFlush, await ask()]).toEqual(['old', 1, 1])
  })

  test('a paused memory forgets everything and loads each time until the next flush', async () => {
    const { ask, pause, flush } = aMemory()
    await ask()
    pause()
    expect([await ask(), await ask()]).toEqual([2, 3])
    flush()
    expect([await ask(), await ask()]).toEqual([4, 4])
  })

  test('a new memory is paused', async () => {
    let loads = 0
    const { recall } = openMemory({ now: () => NOW })
    const ask = () => recall('a', async () => ++loads)
    expect([await ask(), await ask()]).toEqual([1, 2])
  })

  test('a memory keeps no failed load, no undefined value and no very long key', async () => {
    const { recall, ask } = aMemory()
    await expect(recall('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    expect(await recall('a', async () => undefined)).toBeUndefined()
    expect(await ask()).toBe(1)
    const long = 'x'.repeat(500)
    expect([await ask(long), await ask(long)]).toEqual([2, 3])
  })

  test('a memory never holds more entries than its maximum', async () => {
    const { ask } = aMemory({ max: 2 })
    expect([await ask('a'), await ask('b'), await ask('c')]).toEqual([1, 2, 3])
    expect([await ask('c'), await ask('b'), await ask('a')]).toEqual([3, 2, 4])
  })
})

describe('rendered bodies', () => {
  test('a body is rendered once for all callers, also for those that ask during the rendering', async () => {
    let made = 0
    const bodies = openBodies()
    const ask = () => bodies.of('a', async () => ({ made: ++made }))
    const [one, two] = await Promise.all([ask(), ask()])
    expect([one, two, await ask()].map(({ plain }) => String(plain))).toEqual(Array(3).fill('{"made":1}'))
  })

  test('a body is rendered once even when a caller asks while it is being stored', async () => {
    for (let later = 0; later < 20; later++) {
      let made = 0
      const bodies = openBodies()
      const ask = () => bodies.of('a', () => ({ made: ++made }))
      const first = ask()
      for (let turn = 0; turn < later; turn++) await Promise.resolve()
      await Promise.all([first, ask()])
      expect([later, made]).toEqual([later, 1])
    }
  })

  test('when the bodies are too large, the least recently used one is dropped', async () => {
    let made = 0
    const bodies = openBodies(100)
    const ask = async (digest: string) => {
      await bodies.of(digest, () => ({ text: 'x'.repeat(30), made: made++ }))
      return made
    }
    await ask('a')
    await ask('b')
    await ask('a')
    expect(await ask('c')).toBe(3)
    expect(await ask('a')).toBe(3)
    expect(await ask('b')).toBe(4)
  })

  test('a body whose rendering failed is rendered again', async () => {
    const bodies = openBodies()
    await expect(bodies.of('a', () => Promise.reject(new Error('away')))).rejects.toThrow('away')
    expect(String((await bodies.of('a', () => ({}))).plain)).toBe('{}')
  })
})
