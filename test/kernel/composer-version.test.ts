import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { compare } from '#kernel/composer-version/compare'
import { normalize, normalizeBranch, parseStability } from '#kernel/composer-version/normalize'
import { onPath } from '../../sandbox/engines/process.ts'

const SEMVER = '/usr/share/php/Composer/Semver'
const composerSemver = onPath('php') && fs.existsSync(SEMVER) ? SEMVER : undefined

/** Repeatable random numbers (mulberry32), so that a failed run can be repeated. */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

describe('a version', () => {
  test.for([
    ['1', '1.0.0.0'],
    ['v1.2.3', '1.2.3.0'],
    ['1.0.0-beta.2', '1.0.0.0-beta2'],
    ['1.0.0RC1', '1.0.0.0-RC1'],
    ['1.0.0-rc1-dev', '1.0.0.0-RC1-dev'],
    ['1.0-stable', '1.0.0.0'],
    ['1.0.0-pl3', '1.0.0.0-patch3'],
    ['1.0.0+build.5', '1.0.0.0'],
    ['1.0.0@beta', '1.0.0.0'],
    ['1.2.x-dev', '1.2.9999999.9999999-dev'],
    ['dev-main', 'dev-main'],
    ['master', 'dev-master'],
    ['2026.11.23', '2026.11.23.0'],
    ['20261123-0730', '20261123.0730'],
    ['dev-main as 1.0.0', 'dev-main'],
  ])('the version %s is normalized to %s', ([written, read]) => {
    expect(normalize(written ?? '')).toBe(read)
  })

  test.for(['', 'a', '1.0.0.0.0', '1.0 .2', '1.0.0-meh', 'feature-foo', '1.0\u00a0', '1.0.0 stable'])(
    '%j is refused as a version',
    (written) => {
      expect(() => normalize(written)).toThrow('Composer cannot read this version')
    },
  )

  test('the stability of a version is read from its suffix', () => {
    const written = [
      '1.0.0',
      '1.0-beta1',
      '1.0a2',
      '1.0.0-RC2',
      '1.0.x-dev',
      'dev-main',
      '1.0.0-patch1',
      '1.0+x',
    ]
    expect(written.map(parseStability)).toEqual('stable beta alpha RC dev dev stable stable'.split(' '))
  })

  test('a numeric branch is normalized to a version above all its releases', () => {
    expect(normalizeBranch('1.*')).toBe('1.9999999.9999999.9999999-dev')
    expect(normalizeBranch('feature/x')).toBe('dev-feature/x')
  })

  test('versions sort by number, then as alpha, beta, RC, release and patch', () => {
    const sorted = [
      '2.0.0.0',
      '2.0.0.0-RC1',
      '2.0.0.0-beta2',
      '2.0.0.0-beta1',
      '2.0.0.0-alpha1',
      '1.10.0.0',
      '1.9.0.0',
    ]
    expect([...sorted].reverse().sort((a, b) => compare(b, a))).toEqual(sorted)
    expect(compare('2.0.0.0-patch1', '2.0.0.0')).toBe(1)
  })

  test('a very long version is refused, and does not slow down parsing and comparing', () => {
    const hostile = [
      '1.'.repeat(5_000),
      `${'-'.repeat(254)}x`,
      `1${'0'.repeat(5_000)}`,
      'dev'.repeat(85),
      '1'.repeat(255),
    ]
    expect(hostile.map(normalized)).toEqual(hostile.map(() => null))
    expect(hostile.map(parseStability)).toEqual(['stable', 'stable', 'stable', 'dev', 'stable'])
    expect(hostile.map((text) => compare(text, `${text.slice(0, 100)}-dev`))).toEqual([1, -1, 1, 1, 1])
  })
})

describe.skipIf(!composerSemver && !process.env.CI)("Composer's own parser", () => {
  const samples = randomSamples(Number(process.env.SEED ?? 20261123))
  let expected: { versions: Array<[string | null, string]>; pairs: number[] }

  beforeAll(() => {
    if (!composerSemver)
      throw new Error('PHP or the Composer of the distribution is missing: install php-cli and composer')
    const script = path.resolve('test/kernel/composer-semver.php')
    const input = JSON.stringify(samples)
    expected = JSON.parse(
      execFileSync('php', [script, composerSemver], { input, encoding: 'utf8', maxBuffer: 2 ** 26 }),
    )
  })

  test('Composer normalizes 5,000 valid and invalid versions as our code does', () => {
    const ours = samples.versions.map((version) => [normalized(version), parseStability(version)])
    const differing = samples.versions.filter((_, i) => String(ours[i]) !== String(expected.versions[i]))
    expect(differing).toEqual([])
    expect(ours.filter(([read]) => read !== null).length).toBeGreaterThan(1_000)
    expect(ours.filter(([read]) => read === null).length).toBeGreaterThan(500)
  })

  test('Composer compares 5,000 pairs of versions as our code does', () => {
    const differing = samples.pairs.filter(([a, b], i) => Math.sign(compare(a, b)) !== expected.pairs[i])
    expect(differing).toEqual([])
  })
})

function normalized(version: string): string | null {
  try {
    return normalize(version)
  } catch {
    return null
  }
}

function randomSamples(seed: number) {
  const random = randomFrom(seed)
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)] as T
  const many = (most: number, make: () => string) =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, make).join('')
  const number = () => pick(['0', '1', '2', '9', '10', '007', '99999', '20261123', '9223372036854775808'])
  const word = () =>
    pick([
      'alpha',
      'a',
      'beta',
      'b',
      'RC',
      'rc',
      'Rc',
      'p',
      'pl',
      'patch',
      'stable',
      'STABLE',
      'dev',
      'DEV',
      'apple',
      'x',
    ])
  const glue = () => pick(['.', '-', '_', '', '+', ':', ' ', '#', '@'])
  const sensible = () =>
    `${pick(['', 'v', 'V'])}${number()}${many(3, () => `.${number()}`)}${many(1, () => pick(['-', '.', '_', '']) + word() + pick(['', '.', '-']) + number())}${pick(['', '', '-dev', '.x-dev', '+build', '@dev'])}`
  const nonsense = () => many(6, () => pick([number, word, glue])())
  const branch = () =>
    pick(['dev-', 'dev-master', 'master', 'trunk', 'feature-foo-dev', '1.x-dev', 'v2.*-dev', '1.0 as 2.0'])
  const version = () => pick([sensible, sensible, nonsense, branch])()
  const versions = Array.from({ length: 5_000 }, version)
  const comparable = versions
    .map(normalized)
    .filter((each): each is string => each !== null && !each.startsWith('dev-'))
  return {
    versions,
    pairs: versions.map(() => [pick(comparable), pick(comparable)] as const),
  }
}
