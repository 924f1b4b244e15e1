import { parseConstraint } from '#kernel/composer-version/parse-constraint'
import { parseStability } from '#kernel/composer-version/normalize'
import { satisfies } from '#kernel/composer-version/satisfies'
import type { Constraint } from '#kernel/composer-version/constraint'
import type { PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { advisoriesOf } from './advisories.ts'
import type { ServedVersion } from './served-versions.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** The least stable first. */
const STABILITIES = ['dev', 'alpha', 'beta', 'RC', 'stable']

export interface Cooldown {
  packageId: PackageId
  /** All versions of the package, newest first. */
  versions: readonly ServedVersion[]
  /** 0: no cooldown. */
  days: number
  at: Date
}

/**
 * The available versions that a cooldown of some days holds back at `at`, newest first, with the end of their wait. Not
 * those that fix an advisory. Reads the advisories only when a version is young enough.
 */
export async function heldBack(
  db: Db,
  { packageId, versions, days, at }: Cooldown,
): Promise<{ version: ServedVersion; until: Date }[]> {
  const young = versions.flatMap((version) => {
    const until = new Date(version.releasedAt.getTime() + days * DAY_MS)
    return version.status === 'available' && until > at ? { version, until } : []
  })
  if (!young.length) return []
  const advisories = await advisoriesOf(db, [packageId])
  const affected = advisories.flatMap(({ affectedVersions }) => parseConstraint(affectedVersions) ?? [])
  return young.filter(({ version }) => !fixesOneOf(affected, version, versions))
}

/**
 * Whether a version fixes an advisory: the version before it is affected, and it is not. It must not be affected by
 * another one that the version before it was not affected by.
 */
function fixesOneOf(
  affected: readonly Constraint[],
  version: ServedVersion,
  versions: readonly ServedVersion[],
): boolean {
  const effects = affected.map((constraint) => {
    const isAffected = (each: ServedVersion) => satisfies(each.versionNormalized, constraint)
    const before = predecessor(version, versions, isAffected)
    if (!before || isAffected(before) === isAffected(version)) return 'none'
    return isAffected(before) ? 'fixes' : 'introduces'
  })
  return effects.includes('fixes') && !effects.includes('introduces')
}

/**
 * The next older version that is at least as stable. A version that nobody can install any more does not count, except
 * an affected one, which lock files still have.
 */
function predecessor(
  version: ServedVersion,
  versions: readonly ServedVersion[],
  isAffected: (version: ServedVersion) => boolean,
): ServedVersion | undefined {
  return versions
    .slice(versions.indexOf(version) + 1)
    .find(
      (each) =>
        stabilityOf(each) >= stabilityOf(version) && (each.status === 'available' || isAffected(each)),
    )
}

const stabilityOf = ({ versionNormalized }: ServedVersion): number =>
  STABILITIES.indexOf(parseStability(versionNormalized))
