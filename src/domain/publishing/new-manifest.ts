import { packageName } from '#kernel/schemas'
import { ManifestIsInvalid } from './errors.ts'
import { checkManifest } from './manifest/manifest.ts'
import { parseManifest } from './parse-manifest.ts'
import { taggedVersion } from './tag.ts'

/** What a composer.json says about a package that does not exist yet. */
export interface NewManifest {
  name: string
  type: string
  title: string
  summary: string
}

/**
 * Reads the composer.json of a repository that is not published yet. Refuses `manifest_missing`, `manifest_invalid` and
 * `version_field_disagrees`.
 */
export function readNewManifest(
  bytes: Uint8Array | undefined,
  { repository, tag }: { repository: string; tag: string },
): NewManifest {
  const manifest = parseManifest(bytes, { name: repository, tag })
  const { name, type = 'library', description = '' } = manifest
  const version = taggedVersion(tag)
  const isNamed = typeof name === 'string' && packageName.safeParse(name).success
  if (!isNamed || !version) throw new ManifestIsInvalid(repository, tag, 'has no name such as vendor/package')
  checkManifest(manifest, { name, tag, version })
  const summary = typeof description === 'string' ? description.replaceAll(/\s+/g, ' ').trim() : ''
  return { name, type: String(type), title: titleOf(name), summary: summary.slice(0, 1000) }
}

/** A title until the vendor writes one: `acme/module-search` becomes `Module search`. */
function titleOf(name: string): string {
  const words = (name.split('/')[1] ?? name).replaceAll(/[_.-]+/g, ' ').trim()
  return (words.charAt(0).toUpperCase() + words.slice(1)).slice(0, 100)
}
