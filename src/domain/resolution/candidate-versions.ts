import { newestFirst } from '#kernel/composer-version/compare'
import { parseStability } from '#kernel/composer-version/normalize'
import type { VersionOfMany } from '#domain/publishing'
import type { Comparing } from './comparing.ts'
import { type Conflict, shown } from './conflict.ts'
import type { Shop } from './shop.ts'
import { isAtLeast, leastStable } from './stability.ts'

/** The versions of one package that a project may get. */
export interface Candidates {
  /** Newest first. Empty when there is none, or when nothing is known because the constraint wants an older one. */
  versions: VersionOfMany[]
  /** The lock has chosen the only one. */
  isLocked: boolean
  /** The versions that the constraint allows, newest first, whatever the lock has. */
  allowed: VersionOfMany[]
  conflicts: Conflict[]
}

/** `read`: all versions of the package, or the last released ones when there are more (`isCut`). */
export function candidatesOf(
  shop: Shop,
  name: string,
  { read, isCut, work }: { read: readonly VersionOfMany[]; isCut: boolean; work: Comparing },
): Candidates {
  const sorted = newestFirst(read, ({ versionNormalized }) => versionNormalized)
  const { allowed, conflicts } = allowedBy(shop, name, { sorted, isCut, work })
  const installed = shop.installed.get(name)
  if (!installed) return { versions: allowed, isLocked: false, allowed, conflicts }
  const locked = sorted.find(({ versionNormalized }) => versionNormalized === installed.normalized)
  if (locked?.status === 'blocked') {
    const message = `${name} ${locked.label}, which is installed, was blocked because it is harmful.`
    return {
      versions: [],
      isLocked: true,
      allowed,
      conflicts: [{ code: 'version_blocked', packages: [name], message }],
    }
  }
  if (locked) return { versions: [locked], isLocked: true, allowed, conflicts: [] }
  const message = `${name} ${shown(installed.version)} is installed, and this market has no such version.`
  const unknown: Conflict = { code: 'locked_version_unknown', packages: [name], message }
  return { versions: allowed, isLocked: false, allowed, conflicts: [unknown, ...conflicts] }
}

/** What the requirement of composer.json allows. Without one, all stable versions. */
function allowedBy(
  shop: Shop,
  name: string,
  { sorted, isCut, work }: { sorted: readonly VersionOfMany[]; isCut: boolean; work: Comparing },
): { allowed: VersionOfMany[]; conflicts: Conflict[] } {
  const text = shop.requirements.get(name)?.constraint ?? '*'
  const constraint = work.read(text)
  const excluded = work.read(shop.conflicts.get(name) ?? '')
  if (constraint === undefined) {
    const message = `composer.json requires ${name} ${shown(text)}, which Composer cannot read.`
    return { allowed: [], conflicts: [{ code: 'constraint_unreadable', packages: [name], message }] }
  }
  const least = leastStable(text, shop.minimumStability)
  const available = sorted.filter(({ status }) => status === 'available')
  const allowed = available.filter(
    ({ versionNormalized: version }) =>
      isAtLeast(version, least) &&
      work.satisfies(version, constraint) &&
      (excluded === undefined || !work.satisfies(version, excluded) || work.isCutOff()),
  )
  if (shop.prefersStable) allowed.sort((a, b) => Number(isStable(b)) - Number(isStable(a)))
  const [newest] = available
  if (allowed.length || isCut || !newest) return { allowed, conflicts: [] }
  const message = `No version of ${name} fits ${shown(text)} of composer.json; the newest is ${newest.label}.`
  return { allowed, conflicts: [{ code: 'no_matching_version', packages: [name], message }] }
}

const isStable = ({ versionNormalized }: VersionOfMany): boolean =>
  parseStability(versionNormalized) === 'stable'
