import type { VersionId } from '#kernel/ids'
import type { VersionOfMany } from '#domain/publishing'
import type { Comparing } from './comparing.ts'
import type { Links } from './market-reads.ts'

/** What two versions say about each other. When `work` is used up, all fit. */
export function fitBy(links: ReadonlyMap<VersionId, Links>, work: Comparing) {
  /** True, too, when it cannot be known. */
  const allows = (text: string, by: Pick<VersionOfMany, 'versionNormalized'>, version: string): boolean => {
    if (text === 'self.version') return by.versionNormalized === version
    const constraint = work.read(text)
    return constraint === undefined || work.satisfies(version, constraint)
  }
  /** Whether what `by` says about the package of `version` allows that version. */
  const accepts = (by: VersionOfMany, name: string, version: string): boolean => {
    const own = links.get(by.id)
    const [wanted, refused] = [own?.require.get(name), own?.conflict.get(name)]
    if ((wanted === undefined && refused === undefined) || work.isCutOff()) return true
    if (wanted !== undefined && !allows(wanted, by, version)) return false
    return refused === undefined || !refuses(refused, by, version)
  }
  /** Whether a `conflict` of `by` excludes the version. False, too, when it cannot be known. */
  const refuses = (text: string, by: Pick<VersionOfMany, 'versionNormalized'>, version: string): boolean =>
    (text === 'self.version' || work.read(text) !== undefined) &&
    allows(text, by, version) &&
    !work.isCutOff()
  return { allows, accepts, refuses, isCutOff: work.isCutOff }
}

export type Fit = ReturnType<typeof fitBy>
