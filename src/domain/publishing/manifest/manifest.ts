import { normalizeOrUndefined } from '#kernel/composer-version/normalize'
import { ManifestIsInvalid, ManifestNamesAnotherPackage, VersionFieldDisagrees } from '../errors.ts'
import type { TaggedVersion } from '../tag.ts'
import { autoloadFaults } from './autoload.ts'
import { described, type Fault } from './fault.ts'
import { linkFaults } from './links.ts'
import { notServedFaults } from './not-served.ts'
import { pathListFaults } from './paths.ts'
import { peopleFaults } from './people.ts'
import { textFaults } from './texts.ts'
import { isGiven, isPhpArray, isText } from './values.ts'
import { wholeFaults } from './whole.ts'

/** The composer.json as the vendor wrote it: https://getcomposer.org/doc/04-schema.md */
export type Manifest = Record<string, unknown>

/** The version whose manifest is checked. `name`: of the registered package. */
export interface Subject {
  name: string
  tag: string
}

/** Refuses `manifest_invalid`, `wrong_name`, `version_field_disagrees`. */
export function checkManifest(
  manifest: Manifest,
  { name, tag, version }: Subject & { version: TaggedVersion },
): void {
  if (!isPhpArray(manifest) || Array.isArray(manifest))
    throw new ManifestIsInvalid(name, tag, 'is not an object')
  if (manifest['name'] !== name) throw new ManifestNamesAnotherPackage(name, tag)
  const { version: given } = manifest
  if (isGiven(given) && normalizedOf(given) !== version.normalized) throw new VersionFieldDisagrees(name, tag)
  const [fault] = manifestFaults(manifest, { name, tag })
  if (fault) throw new ManifestIsInvalid(name, tag, described(fault))
}

/**
 * All that Composer's loader refuses (ValidatingArrayLoader, and ArrayLoader for our metadata), and what we refuse
 * beyond it. Not the name and the version.
 */
export function manifestFaults(manifest: Manifest, subject: Subject): Fault[] {
  return [
    ...wholeFaults(manifest),
    ...linkFaults(manifest, subject),
    ...autoloadFaults(manifest),
    ...textFaults(manifest),
    ...pathListFaults(manifest),
    ...peopleFaults(manifest),
    ...notServedFaults(manifest),
  ]
}

/**
 * The first fault with which Composer fails on every update of every project that reads the metadata. `entry`: a version
 * as the metadata has it. Older releases of ours checked less, so stored versions may have one.
 */
export const breakingFault = (entry: Manifest, subject: Subject): Fault | undefined =>
  manifestFaults(entry, subject).find(({ breaksUpdate }) => breaksUpdate)

export const isMetapackage = (manifest: Manifest): boolean => manifest['type'] === 'metapackage'

const normalizedOf = (version: unknown) => (isText(version) ? normalizeOrUndefined(version) : undefined)
