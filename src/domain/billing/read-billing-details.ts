import { countryName } from '#kernel/countries'
import { isVatId, normalVatId, vatPrefixOf } from '#kernel/vat-ids'

/** To whom the invoices of an org are made out. */
export interface BillingDetails {
  legalName: string
  /** One to five lines, without the country. */
  address: readonly string[]
  /** ISO 3166-1 code. */
  country: string
  /** In capitals, without spaces. */
  vatId: string | undefined
  /** Where receipts are sent. Without it the buyer gets them. */
  email: string | undefined
}

/** What a person typed. */
export interface TypedDetails {
  legalName: string
  /** Lines separated by line feeds, also with carriage returns as forms send them. */
  address: string
  country: string
  vatId: string
  email: string
}

export interface DetailMistake {
  field: keyof TypedDetails
  /** A sentence that says what to type. */
  sentence: string
}

/** Reads what a person typed: the details, or every mistake. Texts are trimmed, empty lines are left out. */
export function readBillingDetails(typed: TypedDetails): BillingDetails | readonly DetailMistake[] {
  const legalName = oneLine(typed.legalName)
  const address = typed.address.split(/\r?\n/).map(oneLine).filter(Boolean)
  const vatId = normalVatId(typed.vatId)
  const email = typed.email.trim()
  const { country } = typed
  const mistakes: DetailMistake[] = []
  const note = (field: DetailMistake['field'], sentence: string) => mistakes.push({ field, sentence })
  if (!legalName || legalName.length > 200) note('legalName', 'Type the legal name, at most 200 characters.')
  if (!address.length) note('address', 'Type the address.')
  else if (address.length > MOST_LINES || address.some((line) => line.length > LONGEST_LINE))
    note('address', `Type at most ${MOST_LINES} lines of ${LONGEST_LINE} characters each.`)
  if (!countryName(country)) note('country', 'Choose a country from the list.')
  else if (vatId && !isVatId(country, vatId)) note('vatId', wrongVatId(country))
  if (email && !EMAIL.test(email)) note('email', 'Type an address such as invoices@shop.example.')
  if (mistakes.length) return mistakes
  return { legalName, address, country, vatId: vatId || undefined, email: email || undefined }
}

const MOST_LINES = 5
const LONGEST_LINE = 100
const EMAIL = /^(?=.{3,254}$)[^\s@<>",;]+@[^\s@<>",;]+\.[^\s@<>",;]+$/

/** Control characters and marks that turn the direction of text would change what the rest of an invoice says. */
const oneLine = (text: string): string =>
  text
    .replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Cn}]/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim()

const wrongVatId = (country: string): string =>
  `This is no VAT id of ${countryName(country)}. It begins with ${vatPrefixOf(country)}; leave the field empty if you have none.`
