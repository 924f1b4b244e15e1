import { normalizeOrUndefined, parseStability } from '#kernel/composer-version/normalize'

export interface TaggedVersion {
  /** The tag without `v`. */
  label: string
  /** The version in the form that Composer compares, such as `1.2.0.0`. */
  normalized: string
  stability: string
}

/** Why a tag is no version. Completes “The tag …”. */
export const SKIPPED_TAGS = {
  too_long: 'has more than 64 characters',
  build: 'names a build (+…), which Composer does not tell from other builds of the same version',
  branch: 'names a branch (-dev), which moves',
  no_numbers: 'does not begin with two to four numbers, such as 1.5, 1.2.3 or 2026.11.30',
  no_date: 'begins with a number of six or more digits that is not a date',
  unreadable: 'is not a version that Composer can read',
  unknown_suffix: 'does not end in -alpha, -beta, -rc, -patch or -p, with a number or without',
} as const
export type SkippedTag = keyof typeof SKIPPED_TAGS

const LONGEST_TAG = 64
const NUMBERS = /^v?(?<first>0|[1-9]\d*)(\.\d{1,18}){1,3}(?<rest>.*)$/is
const SUFFIX = /^(-(alpha|beta|rc|patch|p)(\.?(0|[1-9]\d{0,17}))?)?$/i
/** A date as the first number: https://calver.org */
const DATE = /^(19|20)\d\d(0[1-9]|1[0-2])((0[1-9]|[12]\d|3[01])([01]\d|2[0-3])?([0-5]\d){0,2})?$/

/** One sentence of our own. */
export const skippedSentence = ({ skipped }: { skipped: SkippedTag }): string =>
  `The tag ${SKIPPED_TAGS[skipped]}.`

/** The version of a Git tag. Undefined when it has none. */
export function taggedVersion(tag: string): TaggedVersion | undefined {
  const version = versionOfTag(tag)
  return 'skipped' in version ? undefined : version
}

/** The version of a Git tag, or why it has none. */
export function versionOfTag(tag: string): TaggedVersion | { skipped: SkippedTag } {
  if (tag.length > LONGEST_TAG) return { skipped: 'too_long' }
  const { first = '', rest = '' } = NUMBERS.exec(tag)?.groups ?? {}
  if (!first) return { skipped: 'no_numbers' }
  if (rest.includes('+')) return { skipped: 'build' }
  if (/-dev$/i.test(rest)) return { skipped: 'branch' }
  if (!SUFFIX.test(rest)) return { skipped: rest.startsWith('.') ? 'no_numbers' : 'unknown_suffix' }
  // Composer reads a first number of more than five digits as a date, with at most two numbers behind it
  if (first.length > 5 && !DATE.test(first)) return { skipped: 'no_date' }
  const label = tag.replace(/^v/i, '')
  const normalized = normalizeOrUndefined(label)
  if (normalized === undefined) return { skipped: 'unreadable' }
  return { label, normalized, stability: parseStability(normalized) }
}
