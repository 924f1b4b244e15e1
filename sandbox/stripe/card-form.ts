import { TEST_CARDS, type TestCard } from './cards.ts'
import type { Expiry } from './payment-methods.ts'

export interface CardFields {
  number: string
  expiry: string
  cvc: string
}
/** Messages by field. Empty when the form is correct. */
export type CardFaults = Partial<CardFields>

export const EMPTY_CARD: CardFields = { number: '', expiry: '', cvc: '' }

/** Returns the card that was typed, or what is wrong with each field. `now` is in seconds. */
export function readCard(
  fields: CardFields,
  now: number,
): { card: TestCard; expiry: Expiry } | { faults: CardFaults } {
  const card = TEST_CARDS.find(({ number }) => number === fields.number.replaceAll(/\s/g, ''))
  const expiry = readExpiry(fields.expiry)
  const faults: CardFaults = {
    ...(!card && { number: faultOfNumber(fields.number) }),
    ...faultOfExpiry(expiry, now),
    ...(!/^\s*\d{3}\s*$/.test(fields.cvc) && { cvc: 'The security code has three digits.' }),
  }
  return card && expiry && !Object.keys(faults).length ? { card, expiry } : { faults }
}

const faultOfNumber = (typed: string) =>
  typed.trim()
    ? 'This is not one of the test cards. No other card works here, and a real one should never be typed.'
    : 'Enter the number of a test card.'

function readExpiry(typed: string): Expiry | undefined {
  const [, month, year = ''] = /^\s*(\d{1,2})\s*\/\s*(\d{2}|\d{4})\s*$/.exec(typed) ?? []
  if (Number(month) < 1 || Number(month) > 12 || !year) return undefined
  return { month: Number(month), year: Number(year) + (year.length === 2 ? 2000 : 0) }
}

function faultOfExpiry(expiry: Expiry | undefined, now: number): CardFaults {
  if (!expiry) return { expiry: 'Enter month and year, such as 12/34.' }
  const ends = Date.UTC(expiry.year, expiry.month) / 1000 // months count from 0, so this is the start of the next month
  return ends <= now ? { expiry: 'This date is in the past.' } : {}
}
