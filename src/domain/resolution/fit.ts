import type { VersionId } from '#kernel/ids'
import type { VersionOfMany } from '#domain/publishing'
import type { Comparing } from './comparing.ts'
import type { Links } from './market-reads.ts'

/** What two versions say about each other. When `work` is used up, all fit. */
export function fitBy(links: ReadonlyMap<VersionId, Links>, work: Comparing) {
  /** True, too, when it cannot be known. */
  const allows = (text: string, by: VersionOfMany, version: string): boolean => {
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
    if (refused === undefined || work.read(refused) === undefined) return true
    return !allows(refused, by, version) || work.isCutOff()
  }
  return { allows, accepts }
}

export type Fit = ReturnType<typeof fitBy>
