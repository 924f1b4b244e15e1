import type { Price } from '#domain/catalogue'
import { moneyText } from '#kernel/money'

/** Such as `49.00 EUR once`. */
export function priceText({ model, amountMinor, currency }: Omit<Price, 'edition'>): string {
  switch (model) {
    case 'free':
      return 'Free'
    case 'one_time':
      return `${moneyText({ amountMinor, currency })} once`
    case 'yearly':
      return `${moneyText({ amountMinor, currency })} a year`
  }
}
