import { compare } from './compare.ts'
import { normalize } from './normalize.ts'

/** Returns the versions, oldest first, as they are written. Throws `InvalidVersion`. Branches have no order. */
export function sortVersions(versions: readonly string[]): string[] {
  return versions
    .map((written) => ({ written, normalized: normalize(written) }))
    .sort((a, b) => compare(a.normalized, b.normalized))
    .map(({ written }) => written)
}
