import { invalidRequest } from './errors.ts'

const CURRENCIES = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()))

/** Returns a currency code in lower case, as Stripe does. Refuses an unknown code. */
export function currencyOf(code: string): string {
  const currency = code.toLowerCase()
  if (!CURRENCIES.has(currency))
    throw invalidRequest(undefined, `Invalid currency: ${currency}.`, { param: 'currency' })
  return currency
}
