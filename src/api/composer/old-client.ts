import { COMPOSER_2_5 } from '#kernel/composer-version/reading'
import { normalizeOrUndefined } from '#kernel/composer-version/normalize'

/**
 * Whether a client is a Composer before 2.6, which cannot read two numbers after a date. It would write such a version
 * to its lock file, and then fail on each command that reads the file.
 */
export function isBefore26(userAgent: string | undefined): boolean {
  const [, major = '', minor = ''] = /^Composer\/(\d+)\.(\d+)\./.exec(userAgent ?? '') ?? []
  return major !== '' && (Number(major) < 2 || (major === '2' && Number(minor) < 6))
}

export const isReadBefore26 = (tag: string): boolean => normalizeOrUndefined(tag, COMPOSER_2_5) !== undefined
