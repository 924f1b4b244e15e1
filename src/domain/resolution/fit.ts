import type { VersionId } from '#kernel/ids'
import type { VersionOfMany } from '#domain/publishing'
import type { Comparing } from './comparing.ts'
import type { Links } from './market-reads.ts'

/** What two versions say about each other. When `work` is used up, all fit. */
export function fitBy(links: ReadonlyMap<VersionId, Links>, work: Comparing) {
  /** True, too, when it cannot be known. */
  const allows = (text: string, by: Pick<VersionOfMany, 'versionNormalized'>, version: string): boolean => {
    if (text === 'self.version') return !work.spend(1) || by.versionNormalized === version
    const constraint = work.read(text)
    if (constraint !== undefined) return work.satisfies(version, constraint)
    work.spend(1)
    return true
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
    isRead(text) && allows(text, by, version) && !work.isCutOff()
  const isRead = (text: string): boolean => {
    work.spend(1)
    return text === 'self.version' || work.read(text) !== undefined
  }
  return { allows, accepts, refuses, isRead, isCutOff: work.isCutOff }
}

/** What the packages say about each other, and how it is compared. */
export interface By {
  links: ReadonlyMap<VersionId, Links>
  fit: ReturnType<typeof fitBy>
}
