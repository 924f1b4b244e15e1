import { beforeAll, describe, expect, test } from 'vitest'
import { rendered } from '../../../../src/api/composer/minified.ts'
import { described, type Fault } from '../../../../src/domain/publishing/manifest/fault.ts'
import { manifestFaults } from '../../../../src/domain/publishing/manifest/manifest.ts'
import { normalize, normalizeOrUndefined } from '#kernel/composer-version/normalize'
import { COMPOSER_2_5 } from '#kernel/composer-version/reading'
import { COMPOSER_LIB, hasJudge, runPhp } from '../../../kernel/composer-version/judge.ts'
import { seedOf } from '../../../support/random.ts'
import { NAME, randomManifests } from './samples.ts'

const COUNT = 2_000

/** What we refuse although Composer loads it. */
const STRICTER: ReadonlyArray<readonly [why: string, is: (fault: Fault) => boolean]> = [
  ['a path that leads out of the package', ({ rule }) => rule.startsWith('a path within the package')],
  [
    'a program with special characters of a shell; Composer 2.11 refuses it',
    ({ rule }) => rule.includes('of a shell'),
  ],
  [
    'an extension of PHP; newer Composers refuse it in most packages',
    ({ path: [field] }) => field === 'php-ext',
  ],
  [
    'code in Perforce; Composer 2.11 refuses some of it',
    ({ path: [, key], value }) => key === 'type' && value === 'perforce',
  ],
  ['control characters, which a terminal may obey', ({ rule }) => rule.startsWith('free of control')],
  ['a foreign name in replace or provide', ({ rule }) => /only packages of \w+ may be named/.test(rule)],
  [
    'a link to something that has no package name; Composer warns',
    ({ rule }) => /below the name of a package/.test(rule),
  ],
  ['a constraint that is not fit to be shown', ({ rule }) => /plain characters|characters long/.test(rule)],
  [
    'a type that the schema of Composer refuses',
    ({ path: [field], rule }) => field === 'type' && rule.startsWith('a word'),
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
/** What only Composer 2.5 refuses. */
const isOld = ({ rule }: Fault) => rule.endsWith('which Composer 2.5 cannot read')
/** What Composer loads, and then fails on when it writes the autoloader, or before it installs (`bin`, since 2.11). */
const FAILS_LATER = ['autoload', 'include-path', 'bin']

describe.skipIf(!hasJudge && !process.env.CI)("Composer's own loaders", () => {
  const seed = seedOf(20261130)
  const samples = randomManifests(seed, COUNT).map(({ manifest, tag }) => ({
    manifest,
    tag,
    faults: manifestFaults(manifest, { name: NAME, tag }),
    version: versionFault(manifest, tag),
  }))
  let judged: [loader: string | null, metadata: string | null][]
  let version: string
  const is25 = () => version.startsWith('2.5.')

  beforeAll(() => {
    const input = samples.map(({ manifest, tag }) => [
      JSON.stringify(manifest),
      JSON.stringify(entryOf(manifest, tag)),
      tag,
    ])
    const script = 'test/domain/publishing/manifests/judge.php'
    const judgement = runPhp(script, COMPOSER_LIB, input) as { version: string; faults: typeof judged }
    judged = judgement.faults
    version = judgement.version
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

  test('of 2,000 manifests, none is refused by mistake: each refused one that Composer loads breaks a rule of our own', () => {
    const met = new Set<string>()
    const unexplained = samples.flatMap((sample, n) => {
      if (!sample.faults.length || judged[n]?.some(Boolean)) return []
      const reasons = sample.faults.map((fault) =>
        isOld(fault) && !is25() ? 'old' : STRICTER.find(([, is]) => is(fault))?.[0],
      )
      for (const reason of reasons) if (reason) met.add(reason)
      return reasons.every(Boolean) ? [] : [shown(sample, n)]
    })
    expect(unexplained).toEqual([])
    // newer Composers refuse some of it themselves
    const unmet = STRICTER.map(([why]) => why).filter((why) => !met.has(why))
    expect(is25() ? unmet : []).toEqual([])
  })

  test('a manifest counts as one that breaks updates exactly when Composer cannot load it or fails later because of it', () => {
    const different = samples.flatMap((sample, n) => {
      const { manifest, tag } = sample
      const breaking = manifestFaults(entryOf(manifest, tag), { name: NAME, tag }).filter(
        ({ breaksUpdate }) => breaksUpdate,
      )
      const isUnloadable = Boolean(judged[n]?.[1])
      const isExplained = breaking.some(
        (fault) => FAILS_LATER.includes(fault.path[0] ?? '') || (isOld(fault) && !is25()),
      )
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

/** Composer 2.5 cannot read some dates as a version. It can read the normalized form in our metadata. */
const isOnlyNewer = ({ manifest, tag }: { manifest: Record<string, unknown>; tag: string }) => {
  const { config } = manifest as { config?: { platform?: object } | null }
  return [tag, ...Object.values(config?.platform ?? {})].some(
    (each) =>
      normalizeOrUndefined(String(each), COMPOSER_2_5) === undefined &&
      normalizeOrUndefined(String(each)) !== undefined,
  )
}

const entryOf = (manifest: Record<string, unknown>, tag: string) =>
  rendered(
    'https://registry.example',
    { name: NAME, isPublic: true, isWithdrawn: false },
    {
      id: 'ver_',
      tag,
      label: tag,
      versionNormalized: normalize(tag),
      committedAt: new Date(0),
      releasedAt: new Date(0),
      commitSha: 'a'.repeat(40),
      manifest,
      zip: { sha1: '1'.repeat(40), sha256: '2'.repeat(64) },
    },
  )
