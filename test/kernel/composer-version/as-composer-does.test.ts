import { beforeAll, describe, expect, test } from 'vitest'
import { type Bound, boundsOf } from '#kernel/composer-version/bounds'
import { compare } from '#kernel/composer-version/compare'
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
import { COMPOSER_2_5, NEWEST, type Reading } from '#kernel/composer-version/reading'
import { satisfies } from '#kernel/composer-version/satisfies'
import { sortVersions } from '#kernel/composer-version/sort'
import { seedOf } from '../../support/random.ts'
import { hasJudge, type Judgement, judged } from './judge.ts'
import { randomSamples } from './samples.ts'

// Our code is compared with the Composer that is here, in the way in which that one reads: `reading.ts` has the known
// differences, and `versions.test.ts` and `constraints.test.ts` have examples of them.
describe.skipIf(!hasJudge && !process.env.CI)("Composer's own parser", () => {
  const seed = seedOf(20261123)
  const samples = randomSamples(seed)
  let expected: Judgement
  let reading: Reading
  beforeAll(() => {
    expected = judged(samples)
    reading = {
      dates: (expected.newest.dates ? NEWEST : COMPOSER_2_5).dates,
      suffix: (expected.newest.suffix ? NEWEST : COMPOSER_2_5).suffix,
    }
  })
  const read = (version: string) => normalize(version, reading)
  const parsed = (text: string): Constraint => {
    const constraint = parseConstraint(text, reading)
    if (constraint === undefined) throw new Error(`not a constraint: ${text}`)
    return constraint
  }

  /** Before composer/semver 3.5.2, of two upper bounds with one version the wrong one won (#193). */
  const comparableBound = (upper: string) => (expected.newest.bounds ? upper : upper.replace(/ \[.*$/, ''))

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
      normalizeOrUndefined(each, reading) ?? null,
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
      const before = normalizeOrUndefined(each, COMPOSER_2_5)
      return before !== normalizeOrUndefined(each) && !/\d{6,}/.test(each.replaceAll(/[.:-]/g, ''))
    })
    expect(reread).toEqual([])
  })

  test('Composer compares 5,000 pairs of versions as our code does', () => {
    expect(differences(samples.pairs, ([a, b]) => Math.sign(compare(a, b)), expected.pairs)).toEqual([])
  })

  test('Composer reads 5,000 valid and invalid constraints, and their bounds, as our code does', () => {
    const ours = (each: string) => {
      const constraint = parseConstraint(each, reading)
      if (constraint === undefined) return null
      const { lower, upper } = boundsOf(constraint)
      return [printed(constraint), printedBound(lower), comparableBound(printedBound(upper))]
    }
    const theirs = expected.constraints.map((each) => each && [each[0], each[1], comparableBound(each[2])])
    expect(differences(samples.constraints, ours, theirs)).toEqual([])
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
