import { describe, expect, test } from 'vitest'
import { type Candidate, cheapestSet } from '../../../src/domain/resolution/cheapest-set.ts'
import { aRandom, seedOf } from '../../support/random.ts'

const costOf = (candidates: readonly Candidate[], chosen: readonly number[]) =>
  chosen.reduce((sum, at) => sum + (candidates[at]?.cost ?? 0), 0)
const coveredBy = (candidates: readonly Candidate[], chosen: readonly number[]) =>
  new Set(chosen.flatMap((at) => candidates[at]?.covers ?? []))

/** The cost and the number of the cheapest set, found by trying all of them. */
function byTryingAll(candidates: readonly Candidate[]): [cost: number, count: number] {
  const all = coveredBy(candidates, [...candidates.keys()]).size
  let best: [number, number] = [Infinity, Infinity]
  for (let set = 0; set < 2 ** candidates.length; set++) {
    const chosen = [...candidates.keys()].filter((at) => set & (1 << at))
    if (coveredBy(candidates, chosen).size < all) continue
    const [cost, count] = [costOf(candidates, chosen), chosen.length]
    if (cost < best[0] || (cost === best[0] && count < best[1])) best = [cost, count]
  }
  return best
}

describe('the cheapest set', () => {
  test('a suite is taken when it costs less than its modules, and not when it costs more', () => {
    const modules: Candidate[] = [
      { cost: 4900, covers: [0] },
      { cost: 9900, covers: [1] },
    ]

    expect(cheapestSet([...modules, { cost: 12_900, covers: [0, 1] }])).toEqual({
      chosen: [2],
      isExact: true,
    })
    expect(cheapestSet([...modules, { cost: 14_900, covers: [0, 1] }]).chosen).toEqual([0, 1])
  })

  test('of two sets with the same cost the one with fewer packages is taken', () => {
    const two: Candidate[] = [
      { cost: 50, covers: [0] },
      { cost: 50, covers: [1] },
      { cost: 100, covers: [0, 1] },
    ]
    expect(cheapestSet(two).chosen).toEqual([2])
  })

  test('the greedy choice is corrected where another set costs less', () => {
    // greedy takes the middle one, and then needs both others
    const candidates: Candidate[] = [
      { cost: 30, covers: [0, 1, 2] },
      { cost: 30, covers: [3, 4, 5] },
      { cost: 35, covers: [1, 2, 3, 4] },
    ]
    expect(cheapestSet(candidates)).toEqual({ chosen: [0, 1], isExact: true })
  })

  test('it costs the same as the best of all sets, for 150 random markets with overlapping suites', () => {
    const { below } = aRandom(seedOf(20_261_130))
    for (let round = 0; round < 150; round++) {
      const things = 1 + below(7)
      const candidates = Array.from({ length: 1 + below(10) }, () => ({
        cost: below(4) ? below(20) * 10 : 0,
        covers: [...Array(things).keys()].filter(() => below(3) === 0),
      }))

      const { chosen, isExact } = cheapestSet(candidates)

      expect(coveredBy(candidates, chosen).size).toBe(coveredBy(candidates, [...candidates.keys()]).size)
      expect([costOf(candidates, chosen), chosen.length]).toEqual(byTryingAll(candidates))
      expect(isExact).toBe(true)
    }
  })

  test('40 modules in 30 overlapping suites are solved exactly', () => {
    const { below } = aRandom(7)
    const things = [...Array(40).keys()]
    const candidates = [
      ...things.map((thing) => ({ cost: 4900 + 100 * below(50), covers: [thing] })),
      ...Array.from({ length: 30 }, () => {
        const covers = things.filter(() => below(10) === 0)
        return { cost: covers.length * 4000, covers }
      }),
    ]
    expect(cheapestSet(candidates).isExact).toBe(true)
  })

  test('a search that is cut off says so, and still covers everything at no more than the greedy cost', () => {
    const { below } = aRandom(11)
    const things = [...Array(60).keys()]
    const candidates = Array.from({ length: 200 }, () => ({
      cost: 1000 + below(100),
      covers: things.filter(() => below(8) === 0),
    }))
    const greedy = cheapestSet(candidates, 0)

    const { chosen, isExact } = cheapestSet(candidates, 20_000)

    expect(isExact).toBe(false)
    expect(coveredBy(candidates, chosen).size).toBe(60)
    expect(costOf(candidates, chosen)).toBeLessThanOrEqual(costOf(candidates, greedy.chosen))
  })
})
