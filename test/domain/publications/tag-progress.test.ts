import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { atMostEvery } from '../../../src/activities/at-most-every.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** How often the progress is counted in so many seconds when each count takes so long and one is wanted each 10 ms. */
async function counts(seconds: number, { takesMs }: { takesMs: number }): Promise<number> {
  let begun = 0
  const wanted = atMostEvery(500, async () => {
    begun++
    await new Promise<void>((resolve) => void setTimeout(resolve, takesMs))
  })
  for (let ms = 0; ms < seconds * 1000; ms += 10) {
    wanted()
    await vi.advanceTimersByTimeAsync(10)
  }
  return begun
}

test('the tags of a package are counted at once and twice a second, and more rarely the longer that takes', async () => {
  expect(await counts(0.4, { takesMs: 1 })).toBe(1)
  expect(await counts(10, { takesMs: 1 })).toBe(20)
  expect(await counts(10, { takesMs: 100 })).toBe(5)
  expect(await counts(10, { takesMs: 60_000 })).toBe(1)
})
