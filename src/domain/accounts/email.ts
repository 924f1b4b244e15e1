import { isReservedName } from '#domain/orgs'
import { mixesAlphabets } from '#kernel/look-alikes'
import { LONGEST_TEXT } from '#kernel/schemas'
import { EmailNotValid, NameNotValid } from './errors.ts'

const MAX_EMAIL = 254
/**
 * One `@`, and a domain with a dot. No space, quote, bracket, list separator or control character, because mail
 * programs read those differently.
 */
const EMAIL = /^[^\s@<>()[\]\\,;:"\p{Cc}]{1,64}@[^\s@<>()[\]\\,;:"\p{Cc}.]+(\.[^\s@<>()[\]\\,;:"\p{Cc}.]+)+$/u
const CONTROLS = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]/u

/** Refuses `email_not_valid`. Only a received mail proves an address, so this check is not strict. */
export function assertEmail(text: string): void {
  const email = text.trim()
  if (email.length > MAX_EMAIL || !EMAIL.test(email)) throw new EmailNotValid()
}

/** Returns the name without spaces around it. Refuses `name_not_valid`. */
export function personName(text: string): string {
  if (text.length > LONGEST_TEXT) throw new NameNotValid()
  const name = text.normalize('NFC').trim()
  if (!name || name.length > 100 || CONTROLS.test(name)) throw new NameNotValid()
  if (mixesAlphabets(name)) throw new NameNotValid('mixed')
  return name
}

/** Checks a name that a person chooses. Names that an operator sets are not checked. Refuses `name_not_valid` for a name that looks like one of the market. */
export function chosenName(text: string): string {
  const name = personName(text)
  if (isReservedName(name)) throw new NameNotValid('reserved')
  return name
}
