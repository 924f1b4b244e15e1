import { type Answer, warning } from './answer.ts'

const MOST_NAMES = 1_000

/**
 * Security advisories for `packages[]=a/b`, a form that Composer posts on each `require` and `update`
 * (https://getcomposer.org/doc/05-repositories.md#security-advisories). None was ever filed, so none is told.
 */
export function advisories(form: string | undefined): Answer {
  const names = [...new URLSearchParams(form ?? '')].filter(([key]) => /^packages\[\d*\]$/.test(key))
  if (names.length > MOST_NAMES) return warning(413, `Ask for at most ${MOST_NAMES} packages at a time.`)
  return { status: 200, body: { advisories: {} } }
}
