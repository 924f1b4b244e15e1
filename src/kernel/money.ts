/** An amount in minor units (cents, or whole yen) and its ISO 4217 code in capitals. */
export interface Money {
  amountMinor: number
  currency: string
}

// ISO 4217 currencies without minor units, as far as Stripe settles them: https://docs.stripe.com/currencies#zero-decimal
const ZERO_DECIMAL = new Set('BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF'.split(' '))

/** Sums amounts of one currency; mixing currencies is a bug, not a refusal. */
export function sumOf(currency: string, amounts: readonly Money[]): Money {
  let amountMinor = 0
  for (const amount of amounts) {
    if (amount.currency !== currency) throw new RangeError(`cannot add ${amount.currency} to ${currency}`)
    amountMinor += amount.amountMinor
  }
  return { amountMinor, currency }
}

/** `49.00 EUR`, `500 JPY`: for people, never parsed again. */
export function moneyText({ amountMinor, currency }: Money): string {
  if (ZERO_DECIMAL.has(currency)) return `${amountMinor} ${currency}`
  const sign = amountMinor < 0 ? '-' : ''
  const digits = String(Math.abs(amountMinor)).padStart(3, '0')
  return `${sign}${digits.slice(0, -2)}.${digits.slice(-2)} ${currency}`
}

/**
 * The share of `amountMinor` that `basisPoints` (1/100 %) stand for, rounded half up.
 * The rest is the other side's, so both always add up.
 */
export function shareOf(amountMinor: number, basisPoints: number): number {
  return Math.floor((amountMinor * basisPoints + 5_000) / 10_000)
}
