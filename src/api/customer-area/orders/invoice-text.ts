import type { InvoicedItem } from '#domain/invoices'
import { editionName } from '../components/text.ts'

const DAY = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})

/** Such as 29 Nov 2026, in UTC. */
export const plainDay = (at: Date | string): string => DAY.format(new Date(at)).replace('Sept', 'Sep')

/** What was bought, besides the package: `Adobe Commerce · one year, 3 Mar 2026 to 3 Mar 2027`. */
export const termText = ({ edition, model, isRenewal, term }: InvoicedItem): string =>
  [
    editionName(edition),
    isRenewal ? 'renewal' : 'new licence',
    ...(term ? [`${plainDay(term.from)} to ${plainDay(term.until)}`] : [MODELS[model]]),
  ].join(' · ')

const MODELS = { free: 'free', one_time: 'without an end', yearly: 'one year' } as const

/** Capitalises the provider's names, such as `visa` and `american_express`. */
export const cardText = ({ brand, last4 }: { brand: string; last4: string }): string =>
  `${brand.charAt(0).toUpperCase()}${brand.slice(1).replaceAll('_', ' ')} ending in ${last4}`
