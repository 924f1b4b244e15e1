import { editionName } from '#kernel/edition-names'
import type { InvoicedItem, InvoicedTax } from './invoice.ts'

/** The words about what was bought. Those that an invoice was issued with, also when we write others by now. */
export const termText = (item: InvoicedItem): string => item.text ?? termTextNow(item)

/** The words about the tax of an invoice, as it was issued with. */
export const taxText = (tax: InvoicedTax): string => tax.text ?? taxTextNow(tax)

/** What was bought, besides the package: `Adobe Commerce · renewal · 3 Mar 2026 to 3 Mar 2027`. */
export const termTextNow = ({ edition, model, isRenewal, term }: InvoicedItem): string =>
  [
    editionName(edition),
    isRenewal ? 'renewal' : 'new licence',
    ...(term ? [`${plainDay(term.from)} to ${plainDay(term.until)}`] : [MODELS[model]]),
  ].join(' · ')

export const taxTextNow = ({ kind }: Pick<InvoicedTax, 'kind'>): string => TAX_TEXTS[kind]

const MODELS = { free: 'free', one_time: 'without an end', yearly: 'one year' } as const
const TAX_TEXTS = { none: 'No tax was calculated or charged.' } as const

const DAY = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  timeZone: 'UTC',
})

/** Such as 29 Nov 2026, in UTC. */
export const plainDay = (at: Date | string): string => DAY.format(new Date(at)).replace('Sept', 'Sep')
