import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { rendered } from '../../../../src/api/composer/minified.ts'
import { described, type Fault } from '../../../../src/domain/publishing/manifest/fault.ts'
import { manifestFaults } from '../../../../src/domain/publishing/manifest/manifest.ts'
import { DATED_BEFORE_2_6 } from '#kernel/composer-version/dated'
import { normalize, normalizeOrUndefined } from '#kernel/composer-version/normalize'
import { hasJudge } from '../../../kernel/composer-version/judge.ts'
import { seedOf } from '../../../support/random.ts'
import { NAME, randomManifests } from './samples.ts'

const COMPOSER = '/usr/share/php/Composer'
const COUNT = 2_000

/** What we refuse although Composer loads it. */
const STRICTER: ReadonlyArray<readonly [why: string, is: (fault: Fault) => boolean]> = [
  ['a path that leads out of the package', ({ rule }) => rule.startsWith('a path within the package')],
  ['control characters, which a terminal may obey', ({ rule }) => rule.startsWith('free of control')],
  ['a foreign name in replace or provide', ({ rule }) => /only packages of \w+ may be named/.test(rule)],
  [
    'a link to something that has no package name; Composer warns',
    ({ rule }) => /below the name of a package/.test(rule),
  ],
  ['a constraint that is not fit to be shown', ({ rule }) => /plain characters|characters long/.test(rule)],
  [
    'a type that the schema of Composer refuses',
    ({ path: [field], rule }) => field === 'type' && /^a word/.test(rule),
  ],
  [
    'a license that is no text; composer show fails on it',
    ({ path: [field] }) => Boolean(field?.startsWith('license')),
  ],
  [
    'paths of the autoloader that are no texts; Composer fails when it writes the autoloader',
    ({ path: [field] }) => field === 'autoload',
  ],
  [
    'include paths that are no texts; Composer fails when it writes the autoloader',
    ({ path: [field] }) => field === 'include-path',
  ],
  ['a time in a format that the schema does not name', ({ path: [field] }) => field === 'time'],
  [
    'support.security that is no text; newer Composers refuse it',
    ({ path: keys }) => keys.join('.') === 'support.security',
  ],
]
/** What Composer loads, and then fails on when it writes the autoloader. */
const FAILS_LATER = ['autoload', 'include-path']

describe.skipIf(!hasJudge && !process.env.CI)("Composer's own loaders", () => {
  const seed = seedOf(20261130)
  const samples = randomManifests(seed, COUNT).map(({ manifest, tag }) => ({
    manifest,
    tag,
    faults: manifestFaults(manifest, { name: NAME, tag }),
    version: versionFault(manifest, tag),
  }))
  let judged: [loader: string | null, metadata: string | null][]

  beforeAll(() => {
    const input = samples.map(({ manifest, tag }) => [
      JSON.stringify(manifest),
      JSON.stringify(entryOf(manifest, tag)),
      tag,
    ])
    const script = path.resolve('test/domain/publishing/manifests/judge.php')
    const options = { input: JSON.stringify(input), encoding: 'utf8', maxBuffer: 2 ** 27 } as const
    judged = JSON.parse(execFileSync('php', [script, COMPOSER], options)) as typeof judged
  })

  /** The sample of a failed test. */
  const shown = ({ manifest, faults, tag }: (typeof samples)[number], n: number) => ({
    seed,
    composer: judged[n],
    ours: faults.map(described),
    manifest: JSON.stringify(manifest),
    tag,
  })

  test('of 2,000 manifests, none that Composer refuses is accepted', () => {
    const accepted = samples.flatMap((sample, n) =>
      !sample.faults.length && !sample.version && judged[n]?.some(Boolean) && !isOnlyNewer(sample)
        ? [shown(sample, n)]
        : [],
    )
    expect(accepted).toEqual([])
    const refusedByComposer = judged.filter((each) => each.some(Boolean)).length
    expect(refusedByComposer).toBeGreaterThan(400)
    expect(refusedByComposer).toBeLessThan(1_600)
  })

  test('of 2,000 manifests, each that is refused although Composer loads it is refused on purpose', () => {
    const met = new Set<string>()
    const unexplained = samples.flatMap((sample, n) => {
      if (!sample.faults.length || judged[n]?.some(Boolean)) return []
      const reasons = sample.faults.map((fault) => STRICTER.find(([, is]) => is(fault))?.[0])
      for (const reason of reasons) if (reason) met.add(reason)
      return reasons.every(Boolean) ? [] : [shown(sample, n)]
    })
    expect(unexplained).toEqual([])
    expect(STRICTER.map(([why]) => why).filter((why) => !met.has(why))).toEqual([])
  })

  test('a manifest is known to break updates exactly when Composer cannot load its metadata, or fails with it later', () => {
    const different = samples.flatMap((sample, n) => {
      const { manifest, tag } = sample
      const breaking = manifestFaults(entryOf(manifest, tag), { name: NAME, tag }).filter(
        ({ breaksUpdate }) => breaksUpdate,
      )
      const isUnloadable = Boolean(judged[n]?.[1])
      const isExplained = breaking.some(({ path: [field] }) => FAILS_LATER.includes(field ?? ''))
      const isBroken = breaking.length > 0
      if (isUnloadable === isBroken || (isBroken && isExplained)) return []
      return [shown(sample, n)]
    })
    expect(different).toEqual([])
  })
})

function versionFault({ version }: Record<string, unknown>, tag: string): boolean {
  return version !== undefined && version !== null && version !== tag
}

/** Composer 2.5 cannot read some dates as a version. The metadata has them in the form that it compares. */
const isOnlyNewer = ({ manifest, tag }: { manifest: Record<string, unknown>; tag: string }) => {
  const { config } = manifest as { config?: { platform?: object } | null }
  return [tag, ...Object.values(config?.platform ?? {})].some(
    (each) =>
      normalizeOrUndefined(String(each), DATED_BEFORE_2_6) === undefined &&
      normalizeOrUndefined(String(each)) !== undefined,
  )
}

const entryOf = (manifest: Record<string, unknown>, tag: string) =>
  rendered(
    'https://registry.example',
    { name: NAME, isWithdrawn: false },
    {
      id: 'ver_',
      tag,
      label: tag,
      versionNormalized: normalize(tag),
      committedAt: new Date(0),
      commitSha: 'a'.repeat(40),
      manifest,
      zip: { sha1: '1'.repeat(40), sha256: '2'.repeat(64) },
    },
  )
