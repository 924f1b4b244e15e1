/** How Stripe counts a currency: https://docs.stripe.com/currencies */
export interface CurrencyRules {
  /** Minor units of one major unit are 10 to this power. */
  digits: 0 | 2 | 3
  /** Minor units of a charge and of a refund are a multiple of it. */
  step: number
  /** Minor units of a payout to a bank account are a multiple of it. */
  payoutStep: number
  /** The least charge, in minor units. Absent when none is documented. */
  least?: number
}

const ORDINARY: CurrencyRules = { digits: 2, step: 1, payoutStep: 1 }

const each = (codes: string, rules: CurrencyRules) => codes.split(' ').map((code) => [code, rules] as const)
const least = (minimums: Readonly<Record<string, number>>) =>
  Object.entries(minimums).map(([code, amount]) => [code, { ...ORDINARY, least: amount }] as const)

/** The rules that differ from two decimals without a documented minimum. */
const RULES: ReadonlyMap<string, CurrencyRules> = new Map<string, CurrencyRules>([
  // https://docs.stripe.com/currencies#zero-decimal
  ...each('BIF CLP DJF GNF KMF KRW MGA PYG RWF VND VUV XAF XOF XPF', { digits: 0, step: 1, payoutStep: 1 }),
  ['JPY', { digits: 0, step: 1, payoutStep: 1, least: 50 }],
  // the last digit has to be 0: https://docs.stripe.com/currencies#three-decimal
  ...each('BHD JOD KWD OMR TND', { digits: 3, step: 10, payoutStep: 10 }),
  // whole amounts, sent with two decimals as before they lost them: https://docs.stripe.com/currencies#special-cases
  ...each('ISK UGX', { digits: 2, step: 100, payoutStep: 100 }),
  // charged with decimals, paid out without
  ['HUF', { ...ORDINARY, payoutStep: 100, least: 17_500 }],
  ['TWD', { ...ORDINARY, payoutStep: 100 }],
  // https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
  ...least({ AED: 200, AUD: 50, BRL: 50, CAD: 50, CHF: 50, CZK: 1500, DKK: 250, EUR: 50, GBP: 30, HKD: 400 }),
  ...least({ INR: 50, MXN: 1000, NOK: 300, NZD: 50, PLN: 200, RON: 200, SEK: 300, SGD: 50, USD: 50 }),
])

/** By the ISO 4217 code in capitals. */
export const currencyRules = (currency: string): CurrencyRules => RULES.get(currency) ?? ORDINARY
