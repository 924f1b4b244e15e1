import { beforeAll, describe, expect, test } from 'vitest'
import { type Bound, boundsOf } from '#kernel/composer-version/bounds'
import { compare } from '#kernel/composer-version/compare'
import { DATED_BEFORE_2_6 } from '#kernel/composer-version/dated'
import type { Constraint } from '#kernel/composer-version/constraint'
import { intersects } from '#kernel/composer-version/intersects'
import {
  normalize,
  normalizeBranch,
  normalizeOrUndefined,
  numericAliasPrefix,
  parseStability,
} from '#kernel/composer-version/normalize'
import { parseConstraint } from '#kernel/composer-version/parse-constraint'
import { satisfies } from '#kernel/composer-version/satisfies'
import { sortVersions } from '#kernel/composer-version/sort'
import { seedOf } from '../../support/random.ts'
import { hasJudge, type Judgement, judged } from './judge.ts'
import { randomSamples } from './samples.ts'

// The distribution's Composer 2.5 reads dates as Composer before 2.6 did. `versions.test.ts` has what newer ones read.
describe.skipIf(!hasJudge && !process.env.CI)("Composer's own parser", () => {
  const seed = seedOf(20261123)
  const samples = randomSamples(seed)
  let expected: Judgement
  beforeAll(() => {
    expected = judged(samples)
  })

  /** The samples for which our result differs. */
  function differences<T>(given: readonly T[], ours: (each: T) => unknown, theirs: readonly unknown[]) {
    return given.flatMap((each, n) => {
      const [our, their] = [ours(each), theirs[n]]
      if (JSON.stringify(our) === JSON.stringify(their)) return []
      return [{ seed, each, our, their }]
    })
  }

  test('Composer normalizes 5,000 valid and invalid versions as our code does', () => {
    const ours = (each: string) => [
      normalizeOrUndefined(each, DATED_BEFORE_2_6) ?? null,
      parseStability(each),
      normalizeBranch(each),
      numericAliasPrefix(each) ?? null,
    ]
    expect(differences(samples.versions, ours, expected.versions)).toEqual([])
    const accepted = expected.versions.filter(([read]) => read !== null)
    expect(accepted.length).toBeGreaterThan(1_000)
    expect(accepted.length).toBeLessThan(4_500)
  })

  test('a newer Composer reads 5,000 versions like Composer 2.5, except dates with two numbers', () => {
    const reread = samples.versions.filter((each) => {
      const before = normalizeOrUndefined(each, DATED_BEFORE_2_6)
      return before !== normalizeOrUndefined(each) && !/\d{6,}/.test(each.replaceAll(/[.:-]/g, ''))
    })
    expect(reread).toEqual([])
  })

  test('Composer compares 5,000 pairs of versions as our code does', () => {
    expect(differences(samples.pairs, ([a, b]) => Math.sign(compare(a, b)), expected.pairs)).toEqual([])
  })

  test('Composer reads 5,000 valid and invalid constraints, and their bounds, as our code does', () => {
    const ours = (each: string) => {
      const constraint = parseConstraint(each, DATED_BEFORE_2_6)
      if (constraint === undefined) return null
      const { lower, upper } = boundsOf(constraint)
      return [printed(constraint), printedBound(lower), printedBound(upper)]
    }
    expect(differences(samples.constraints, ours, expected.constraints)).toEqual([])
    const accepted = expected.constraints.filter((each) => each !== null)
    expect(accepted.length).toBeGreaterThan(1_000)
    expect(accepted.length).toBeLessThan(4_000)
  })

  test('Composer finds the same meetings among 5,000 pairs of constraints as our code does', () => {
    const ours = ([a, b]: readonly [string, string]) => intersects(parsed(a), parsed(b))
    expect(differences(samples.meetings, ours, expected.meetings)).toEqual([])
    expect(expected.meetings.filter(Boolean).length).toBeGreaterThan(500)
    expect(expected.meetings.filter((each) => !each).length).toBeGreaterThan(500)
  })

  test('Composer finds the same versions within 5,000 constraints as our code does', () => {
    const ours = ([version, constraint]: readonly [string, string]) =>
      satisfies(read(version), parsed(constraint))
    expect(differences(samples.satisfied, ours, expected.satisfied)).toEqual([])
    expect(expected.satisfied.filter(Boolean).length).toBeGreaterThan(200)
  })

  test('Composer sorts lists of versions as our code does', () => {
    // 1.0 and 1.0.0 are equal and may come in any order, so the lists are compared as versions
    const isSameOrder = (list: string[], n: number) =>
      sortVersions(list).every((each, i) => compare(read(each), read(expected.lists[n]?.[i] ?? '')) === 0)
    expect(samples.lists.filter((list, n) => !isSameOrder(list, n))).toEqual([])
  })
})

const read = (version: string) => normalize(version, DATED_BEFORE_2_6)

function parsed(text: string): Constraint {
  const constraint = parseConstraint(text, DATED_BEFORE_2_6)
  if (constraint === undefined) throw new Error(`not a constraint: ${text}`)
  return constraint
}

/** As Composer prints it. */
function printed(constraint: Constraint): string {
  if (constraint === '*') return '*'
  if ('operator' in constraint) return `${constraint.operator} ${constraint.version}`
  return 'every' in constraint
    ? `[${constraint.every.map(printed).join(' ')}]`
    : `[${constraint.some.map(printed).join(' || ')}]`
}

const printedBound = ({ version, isInclusive }: Bound) =>
  `${version} [${isInclusive ? 'inclusive' : 'exclusive'}]`
