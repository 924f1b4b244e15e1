import { normalize, parseStability } from '#kernel/composer-version/normalize'

export interface TaggedVersion {
  /** The tag without `v`. */
  label: string
  /** As Composer compares it, such as `1.2.0.0`. */
  normalized: string
  stability: string
}

const VERSION_TAG = /^v?(0|[1-9]\d*)(\.(0|[1-9]\d*)){2,3}(-(alpha|beta|rc|patch|p)(\.?(0|[1-9]\d*))?)?$/i

/** The version a Git tag stands for; none for other tags, builds and branches. */
export function versionOfTag(tag: string): TaggedVersion | undefined {
  // Composer takes at most five digits first, and the longer ones are dates to it
  if (tag.length > 64 || !VERSION_TAG.test(tag) || !/^v?\d{1,5}\./i.test(tag)) return undefined
  const label = tag.replace(/^v/i, '')
  const normalized = normalize(label)
  return { label, normalized, stability: parseStability(normalized) }
}
