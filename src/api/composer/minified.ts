import type { VersionDetails } from '#domain/publishing'

export type Entry = Record<string, unknown>

/** The fields of a manifest that we pass on. Not `source`, because Composer 2.5 clones it when the zip is refused. */
const COPIED = [
  'description',
  'keywords',
  'homepage',
  'type',
  'license',
  'authors',
  'require',
  'require-dev',
  'conflict',
  'replace',
  'provide',
  'suggest',
  'autoload',
  'extra',
  'bin',
  'include-path',
  'funding',
] as const

/** One version as Composer reads it: https://getcomposer.org/doc/04-schema.md */
export function rendered(
  publicUrl: string,
  { name, isPublic, isWithdrawn }: { name: string; isPublic: boolean; isWithdrawn: boolean },
  version: VersionDetails,
): Entry {
  const { manifest, zip, label } = version
  const entry: Entry = { name, type: 'library' }
  for (const field of COPIED) if (manifest[field] !== undefined) entry[field] = manifest[field]
  const support = withoutSource(manifest['support'])
  if (support) entry['support'] = support
  // a hidden package has no page
  if (isPublic) entry['homepage'] ??= `${publicUrl}/packages/${name}`
  return {
    ...entry,
    version: version.tag,
    version_normalized: version.versionNormalized,
    time: moment(version.committedAt),
    // without it, the cooldown policy of Composer 2.11 fails
    'published-time': moment(version.releasedAt),
    // Composer prints this at each install; a project with a licence can still install it
    ...(isWithdrawn && { abandoned: true }),
    ...(zip && {
      dist: {
        type: 'zip',
        url: `${publicUrl}/dist/${name}/${label}-${zip.sha256.slice(0, 16)}.zip`,
        reference: version.commitSha,
        // Composer does not check an empty checksum
        shasum: zip.sha1,
      },
    }),
  }
}

/** Formats a moment as PHP's `DATE_RFC3339`. */
export const moment = (at: Date): string => at.toISOString().replace(/\.\d+Z$/, '+00:00')

function withoutSource(support: unknown): Entry | undefined {
  if (typeof support !== 'object' || support === null || Array.isArray(support)) return undefined
  const { source: _, ...rest } = support as Entry
  return Object.keys(rest).length ? rest : undefined
}

/**
 * Composer's `composer/2.0` minification: an entry contains only what differs from the entry before. A key that is
 * missing in the new entry is `__unset` (composer/metadata-minifier).
 */
export function minified(entry: Entry, before: Entry | undefined): Entry {
  if (!before) return entry
  const changed = Object.entries(entry).filter(([key, value]) => !isSame(value, before[key]))
  const gone = Object.keys(before).filter((key) => !(key in entry))
  return Object.fromEntries([...changed, ...gone.map((key) => [key, '__unset'])])
}

const isSame = (a: unknown, b: unknown) => JSON.stringify(a) === JSON.stringify(b)
