/** Why a tag did not become a version. The order is that of the checks. */
export const SKIP_REASONS = [
  'not_a_version_tag',
  'same_version_exists',
  'tag_moved',
  'tag_deleted',
  'not_a_commit',
  'hostile_pack',
  'too_many_files',
  'file_too_large',
  'unsafe_path',
  'archive_too_large',
  'broken_archive',
  'manifest_missing',
  'manifest_invalid',
  'wrong_name',
  'version_field_disagrees',
  'archive_does_not_fit_type',
  'covers_too_many_packages',
] as const

export type SkipReason = (typeof SKIP_REASONS)[number]

export const isSkipReason = (code: string): code is SkipReason => SKIP_REASONS.some((each) => each === code)
