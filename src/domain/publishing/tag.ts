import { normalize, parseStability } from '#kernel/composer-version/normalize'

export interface TaggedVersion {
  /** The tag without `v`. */
  label: string
  /** The version in the form that Composer compares, such as `1.2.0.0`. */
  normalized: string
  stability: string
}

const VERSION_TAG = /^v?(0|[1-9]\d*)(\.(0|[1-9]\d*)){2,3}(-(alpha|beta|rc|patch|p)(\.?(0|[1-9]\d*))?)?$/i

/** The version of a Git tag. Undefined for builds, branches and all other tags. */
export function versionOfTag(tag: string): TaggedVersion | undefined {
  // for Composer, a first number of more than five digits is a date
  if (tag.length > 64 || !VERSION_TAG.test(tag) || !/^v?\d{1,5}\./i.test(tag)) return undefined
  const label = tag.replace(/^v/i, '')
  const normalized = normalize(label)
  return { label, normalized, stability: parseStability(normalized) }
}
