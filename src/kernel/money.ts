import { currencyRules } from './currencies.ts'

/** An amount in minor units (cents, or whole yen) and its ISO 4217 code in capitals. */
export interface Money {
  amountMinor: number
  currency: string
}

/**
 * The least amount that can be charged, in minor units. Undefined for a currency in which we do not settle: one without a
 * documented minimum, or one whose payouts do not take every amount that a charge takes.
 */
export function leastCharge(currency: string): number | undefined {
  const { least, step, payoutStep } = currencyRules(currency)
  return payoutStep === step ? least : undefined
}

/** The largest amount of a charge, in minor units: https://docs.stripe.com/currencies */
export const MOST_CHARGED = 99_999_999

/** How many decimals an amount of a currency has. */
export const decimalsOf = (currency: string): number => currencyRules(currency).digits

/** Sums amounts of one currency. Throws a `RangeError` for another currency, because that is a bug. */
export function sumOf(currency: string, amounts: readonly Money[]): Money {
  let amountMinor = 0
  for (const amount of amounts) {
    if (amount.currency !== currency) throw new RangeError(`cannot add ${amount.currency} to ${currency}`)
    amountMinor += amount.amountMinor
  }
  return { amountMinor, currency }
}

/** Text for people, such as `49.00 EUR`, `1,149.00 EUR` or `500 JPY`. Programs must not parse it. */
export const moneyText = (amount: Money): string =>
  `${amountText(amount).replace(/\d+/, (major) => major.replaceAll(/(?<=\d)(?=(?:\d{3})+$)/g, ','))} ${amount.currency}`

/**
 * An amount in major units without its currency: `49.00` EUR, `500` JPY, `12.500` KWD. A whole amount of a currency whose
 * fractions cannot be charged has no decimals: `500` ISK.
 */
export function amountText({ amountMinor, currency }: Money): string {
  const { digits, step } = currencyRules(currency)
  const unit = 10 ** digits
  const size = Math.abs(amountMinor)
  const major = `${amountMinor < 0 ? '-' : ''}${Math.trunc(size / unit)}`
  const isWhole = step === unit && size % unit === 0
  return isWhole ? major : `${major}.${String(size % unit).padStart(digits, '0')}`
}

/**
 * The minor units of a typed amount, such as `500` or `500.00`: at most 8 digits before the point, and all decimals of the
 * currency or none. Undefined for any other text, and for an amount that cannot be charged, such as `5.50` ISK.
 */
export function minorUnitsIn(text: string, currency: string): number | undefined {
  const { digits, step } = currencyRules(currency)
  const [, major, decimals] = /^(\d{1,8})(?:\.(\d+))?$/.exec(text) ?? []
  if (major === undefined || (decimals !== undefined && decimals.length !== digits)) return undefined
  const amount = Number(major) * 10 ** digits + Number(decimals ?? 0)
  return amount % step === 0 ? amount : undefined
}

/**
 * `basisPoints` (1/100 %) of `amountMinor`, rounded half up. Compute the other share by subtraction, so that both add
 * up to the whole.
 */
export function shareOf(amountMinor: number, basisPoints: number): number {
  return Math.floor((amountMinor * basisPoints + 5_000) / 10_000)
}

/**
 * Splits `amountMinor` into shares by weight, by largest remainder; ties go to the first. The shares add up to the
 * whole. Weights are integers ≥ 0, and not all 0.
 */
export function splitByWeight(amountMinor: number, weights: readonly number[]): number[] {
  const total = BigInt(weights.reduce((sum, weight) => sum + weight, 0))
  const exact = weights.map((weight) => BigInt(amountMinor) * BigInt(weight))
  const shares = exact.map((each) => Number(each / total))
  const left = amountMinor - shares.reduce((sum, share) => sum + share, 0)
  const byRemainder = exact
    .map((each, i) => ({ i, remainder: each % total }))
    .toSorted((a, b) => Number(b.remainder - a.remainder) || a.i - b.i)
  for (const { i } of byRemainder.slice(0, left)) shares[i] = (shares[i] ?? 0) + 1
  return shares
}
