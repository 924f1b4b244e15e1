import { normalize } from '#kernel/composer-version/normalize'
import { ManifestIsInvalid, ManifestNamesAnotherPackage, VersionFieldDisagrees } from './errors.ts'
import { areLinks } from './requirements.ts'
import type { TaggedVersion } from './tag.ts'

/** The composer.json as the vendor wrote it: https://getcomposer.org/doc/04-schema.md */
export type Manifest = Record<string, unknown>

const LINKS = ['require', 'require-dev', 'conflict', 'replace', 'provide', 'suggest']
// characters that a terminal could interpret as a command
const CONTROL = /[\p{Cc}\u2028\u2029]/u

/** Refuses `manifest_invalid`, `wrong_name`, `version_field_disagrees`. */
export function checkManifest(
  manifest: Manifest,
  { name, tag, version }: { name: string; tag: string; version: TaggedVersion },
): void {
  if (manifest['name'] !== name) throw new ManifestNamesAnotherPackage(name, tag)
  const { type = 'library', version: given } = manifest
  if (typeof type !== 'string' || !/^[a-z0-9-]+$/.test(type)) throw invalid('has an invalid type')
  if (given !== undefined && normalizedOr(given) !== version.normalized)
    throw new VersionFieldDisagrees(name, tag)
  for (const field of LINKS) {
    const links = manifest[field] ?? {}
    if (!isMapOfText(links)) throw invalid(`has a ${field} that is not an object of texts`)
    if (field !== 'suggest' && !areLinks(links)) throw invalid(`has a ${field} that Composer cannot read`)
  }
  if (hasControl(manifest)) throw invalid('has control characters in it')

  function invalid(fault: string) {
    return new ManifestIsInvalid(name, tag, fault)
  }
}

export const isMetapackage = (manifest: Manifest): boolean => manifest['type'] === 'metapackage'

function normalizedOr(version: unknown): string | undefined {
  try {
    return typeof version === 'string' ? normalize(version) : undefined
  } catch {
    return undefined
  }
}

/** Accepts `[]`, because PHP writes an empty object like that. */
function isMapOfText(value: unknown): value is Record<string, string> {
  if (Array.isArray(value)) return value.length === 0
  return (
    typeof value === 'object' &&
    value !== null &&
    Object.values(value).every((text) => typeof text === 'string')
  )
}

/** Allows line ends and tabs in values, because descriptions may have them. */
function hasControl(value: unknown): boolean {
  if (typeof value === 'string') return CONTROL.test(value.replaceAll(/[\r\n\t]/g, ''))
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(value).some(([key, member]) => CONTROL.test(key) || hasControl(member))
}
