import { leastCharge, MOST_CHARGED, moneyText } from '#kernel/money'
import { EDITIONS } from '#kernel/schemas'
import type { Price } from '#domain/catalogue'
import { CurrencyIsNotSettled, PriceIsInvalid, PricesDoNotFitTogether } from './errors.ts'

/**
 * Returns the prices in the order of the editions. Refuses prices that no buyer may see:
 * - `price_invalid`: two prices for an edition, a free one that costs something, a paid one that is no whole number of
 *   minor units between the least and the largest charge;
 * - `currency_not_settled`: a currency that is not in `currencies`, or in which nobody can settle;
 * - `prices_mixed`: several currencies, or both one-time and yearly prices. A free edition beside paid ones is possible.
 */
export function checkedPrices(prices: readonly Price[], currencies: readonly string[]): Price[] {
  for (const [at, price] of prices.entries()) {
    if (prices.findIndex(({ edition }) => edition === price.edition) !== at)
      throw new PriceIsInvalid(price.edition, 'is given twice')
    const least = leastCharge(price.currency)
    if (least === undefined || !currencies.includes(price.currency))
      throw new CurrencyIsNotSettled(currencies)
    checkAmount(price, least)
  }
  if (new Set(prices.map(({ currency }) => currency)).size > 1)
    throw new PricesDoNotFitTogether('The prices of a package have one currency.')
  if (new Set(prices.flatMap(({ model }) => (model === 'free' ? [] : [model]))).size > 1)
    throw new PricesDoNotFitTogether(
      'A package is paid once or sold as a yearly licence, for all editions alike.',
    )
  return prices
    .map(({ edition, model, amountMinor, currency }) => ({ edition, model, amountMinor, currency }))
    .sort((a, b) => EDITIONS.indexOf(a.edition) - EDITIONS.indexOf(b.edition))
}

function checkAmount({ edition, model, amountMinor, currency }: Price, least: number): void {
  if (model === 'free') {
    if (amountMinor !== 0) throw new PriceIsInvalid(edition, 'is free, so its amount has to be 0')
    return
  }
  if (Number.isSafeInteger(amountMinor) && amountMinor >= least && amountMinor <= MOST_CHARGED) return
  const [from, to] = [least, MOST_CHARGED].map((minor) => moneyText({ amountMinor: minor, currency }))
  throw new PriceIsInvalid(edition, `has to be from ${from} to ${to}; what costs nothing has the model free`)
}

/** Prices in one line, for the audit log and to compare them, such as `commerce yearly 99.00 EUR`. */
export const priceLine = (prices: readonly Price[]): string =>
  prices.map((each) => `${each.edition} ${each.model} ${moneyText(each)}`).join('; ')
