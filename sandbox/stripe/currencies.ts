import { currencyRules } from '../../src/kernel/currencies.ts'
import { MOST_CHARGED } from '../../src/kernel/money.ts'
import { invalidRequest } from './errors.ts'

const CURRENCIES = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()))

/** Returns a currency code in lower case, as Stripe does. Refuses an unknown code. */
export function currencyOf(code: string): string {
  const currency = code.toLowerCase()
  if (!CURRENCIES.has(currency))
    throw invalidRequest(undefined, `Invalid currency: ${currency}.`, { param: 'currency' })
  return currency
}

const LEAST_ELSEWHERE = 1

/** Refuses what cannot be charged in a currency: https://docs.stripe.com/currencies#special-cases */
export function refuseAmount(amount: number, currency: string): void {
  const { least = LEAST_ELSEWHERE } = currencyRules(currency.toUpperCase())
  if (!Number.isInteger(amount) || amount < 1)
    throw invalidRequest('parameter_invalid_integer', 'The amount is a positive integer.', {
      param: 'amount',
    })
  if (amount < least)
    throw invalidRequest('amount_too_small', 'The amount is below the smallest one.', { param: 'amount' })
  if (amount > MOST_CHARGED)
    throw invalidRequest('amount_too_large', 'The amount has more than eight digits.', { param: 'amount' })
  refuseStep(amount, currency)
}

export function refuseStep(amount: number, currency: string): void {
  const { step } = currencyRules(currency.toUpperCase())
  if (amount % step === 0) return
  const sentence = `The amount has to be divisible by ${step} in this currency.`
  throw invalidRequest(undefined, sentence, { param: 'amount' })
}
