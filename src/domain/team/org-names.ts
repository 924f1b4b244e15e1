import { isReservedName } from '#domain/orgs'
import { mixesAlphabets } from '#kernel/look-alikes'
import { isOneLine, LONGEST_TEXT } from '#kernel/schemas'
import { OrgNameInvalid, OrgSlugInvalid } from './errors.ts'

const MAX_NAME = 100
const LETTER = /[\p{L}\p{N}]/u
const MAX_SLUG = 40
const SLUG = /^[a-z0-9]+(-[a-z0-9]+)*$/

/** Returns the name without spaces around it. Refuses `org_name_invalid`. */
export function orgName(text: string): string {
  if (text.length > LONGEST_TEXT) throw new OrgNameInvalid()
  const name = text.normalize('NFC').trim()
  if (Array.from(name).length > MAX_NAME || !isOneLine(name) || !LETTER.test(name)) throw new OrgNameInvalid()
  if (mixesAlphabets(name)) throw new OrgNameInvalid('mixed')
  return name
}

/** Refuses `org_name_invalid` for a name that looks like the name of the market. */
export function refuseReservedName(name: string): void {
  if (isReservedName(name)) throw new OrgNameInvalid('reserved')
}

/** Refuses `org_slug_invalid`. */
export function orgSlug(text: string): string {
  const slug = text.trim()
  if (slug.length < 2 || slug.length > MAX_SLUG || !SLUG.test(slug)) throw new OrgSlugInvalid()
  return slug
}

/** The slug that a name gives. Refuses `org_slug_invalid`. */
export const slugOfName = (name: string): string =>
  orgSlug(wordsIn(name).slice(0, MAX_SLUG).replace(/-$/, ''))

/** Only a-z, 0-9 and single dashes between them. Accents are removed, and letters of another width are the same letter. */
const wordsIn = (name: string): string =>
  name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/\p{M}/gu, '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
