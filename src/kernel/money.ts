/** An amount in minor units (cents, or whole yen) and its ISO 4217 code in capitals. */
export interface Money {
  amountMinor: number
  currency: string
}

// Currencies without minor units that Stripe supports: https://docs.stripe.com/currencies#zero-decimal
const ZERO_DECIMAL = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF'.split(' '))

/**
 * The least amount that can be charged in each currency in which we settle, in minor units. A currency with three decimals
 * is not here: an amount has two or none. https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
 */
const LEAST: Readonly<Record<string, number>> = {
  AED: 200,
  AUD: 50,
  BRL: 50,
  CAD: 50,
  CHF: 50,
  CZK: 1500,
  DKK: 250,
  EUR: 50,
  GBP: 30,
  HKD: 400,
  INR: 50,
  JPY: 50,
  MXN: 1000,
  NOK: 300,
  NZD: 50,
  PLN: 200,
  RON: 200,
  SEK: 300,
  SGD: 50,
  USD: 50,
}

/** The least amount that can be charged, in minor units. Undefined for a currency in which we do not settle. */
export const leastCharge = (currency: string): number | undefined =>
  Object.hasOwn(LEAST, currency) ? LEAST[currency] : undefined

/** The largest amount of a charge, in minor units: https://docs.stripe.com/currencies */
export const MOST_CHARGED = 99_999_999

/** Sums amounts of one currency. Throws a `RangeError` for another currency, because that is a bug. */
export function sumOf(currency: string, amounts: readonly Money[]): Money {
  let amountMinor = 0
  for (const amount of amounts) {
    if (amount.currency !== currency) throw new RangeError(`cannot add ${amount.currency} to ${currency}`)
    amountMinor += amount.amountMinor
  }
  return { amountMinor, currency }
}

/** Text for people, such as `49.00 EUR` or `500 JPY`. Programs must not parse it. */
export const moneyText = (amount: Money): string => `${amountText(amount)} ${amount.currency}`

/** An amount in major units without its currency, such as `49.00`, or `500` of a currency without minor units. */
export function amountText({ amountMinor, currency }: Money): string {
  if (ZERO_DECIMAL.has(currency)) return String(amountMinor)
  const sign = amountMinor < 0 ? '-' : ''
  const digits = String(Math.abs(amountMinor)).padStart(3, '0')
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)}`
}

/**
 * The minor units of a typed amount, such as `500` or `500.00`: at most 8 digits, and two decimals if the currency has
 * minor units. Undefined for any other text.
 */
export function minorUnitsIn(text: string, currency: string): number | undefined {
  const [, major, minor] = /^(\d{1,8})(?:\.(\d\d))?$/.exec(text) ?? []
  if (major === undefined) return undefined
  if (!ZERO_DECIMAL.has(currency)) return Number(major) * 100 + Number(minor ?? 0)
  return minor === undefined ? Number(major) : undefined
}

/**
 * `basisPoints` (1/100 %) of `amountMinor`, rounded half up. Compute the other share by subtraction, so that both add
 * up to the whole.
 */
export function shareOf(amountMinor: number, basisPoints: number): number {
  return Math.floor((amountMinor * basisPoints + 5_000) / 10_000)
}
