import { parseConstraint } from '#kernel/composer-version/parse-constraint'
import type { Constraint } from '#kernel/composer-version/constraint'
import { satisfies } from '#kernel/composer-version/satisfies'
import type { VersionId } from '#kernel/ids'
import type { VersionOfMany } from '#domain/publishing'
import type { Links } from './market-reads.ts'

/** How many comparisons one call makes. Beyond it nothing is said to clash. */
const MOST = 300_000

/** What two versions say about each other. It remembers each constraint, and stops comparing after `MOST` comparisons. */
export function fitBy(links: ReadonlyMap<VersionId, Links>) {
  const parsed = new Map<string, Constraint | undefined>()
  let left = MOST
  const read = (text: string): Constraint | undefined => {
    if (!parsed.has(text)) parsed.set(text, parseConstraint(text))
    return parsed.get(text)
  }
  /** True, too, when it cannot be known. */
  const allows = (text: string, by: VersionOfMany, version: string): boolean => {
    if (text === 'self.version') return by.versionNormalized === version
    const constraint = read(text)
    return constraint === undefined || satisfies(version, constraint)
  }
  /** Whether what `by` says about the package of `version` allows that version. */
  const accepts = (by: VersionOfMany, name: string, version: string): boolean => {
    const own = links.get(by.id)
    const [wanted, refused] = [own?.require.get(name), own?.conflict.get(name)]
    if ((wanted === undefined && refused === undefined) || left-- <= 0) return true
    if (wanted !== undefined && !allows(wanted, by, version)) return false
    return refused === undefined || read(refused) === undefined || !allows(refused, by, version)
  }
  return { allows, accepts }
}

export type Fit = ReturnType<typeof fitBy>
