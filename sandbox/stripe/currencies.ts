import { invalidRequest } from './errors.ts'

const CURRENCIES = new Set(Intl.supportedValuesOf('currency').map((code) => code.toLowerCase()))

/** In lower case, as Stripe answers it; refuses what is the code of no currency. */
export function currencyOf(code: string): string {
  const currency = code.toLowerCase()
  if (!CURRENCIES.has(currency))
    throw invalidRequest(undefined, `Invalid currency: ${currency}.`, { param: 'currency' })
  return currency
}
