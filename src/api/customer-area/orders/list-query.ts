import { z } from 'zod'
import type { OrderFilter } from '#domain/orders'
import { isId, type OrderId, type OrgId } from '#kernel/ids'
import { decimalsOf, minorUnitsIn } from '#kernel/money'
import { currencyCode, moment } from '#kernel/schemas'

/** A browser sends the empty fields of a form, too. */
const orEmpty = <Field extends z.ZodType>(field: Field) =>
  z.preprocess((value) => (value === '' ? undefined : value), field.optional())

export const STATUSES = ['open', 'completed', 'cancelled'] as const

/** The filters of the list of orders. `after`: the last order that was shown. */
export const listQuery = z
  .object({
    status: orEmpty(z.enum(STATUSES)),
    since: orEmpty(moment),
    until: orEmpty(moment),
    currency: orEmpty(currencyCode),
    min: orEmpty(z.string().trim().max(20)),
    max: orEmpty(z.string().trim().max(20)),
    after: orEmpty(z.string().refine((text) => isId('ord', text))),
  })
  .superRefine(({ currency, ...typed }, context) => {
    for (const name of ['min', 'max'] as const)
      if (typed[name] !== undefined && amountIn(typed[name], currency) === undefined)
        context.addIssue({ code: 'custom', path: [name] })
  })
export type ListQuery = z.output<typeof listQuery>

const MISTAKES: Readonly<Record<string, string>> = {
  status: 'Choose a status from the list.',
  since: 'The first day has to be a date, such as 2026-11-29.',
  until: 'The day before which to end has to be a date, such as 2026-11-30.',
  currency: 'Choose a currency from the list.',
  min: 'For the lowest amount choose a currency, and type a number such as 49.00, or 1500.000 for a currency with three decimals.',
  max: 'For the highest amount choose a currency, and type a number such as 99.00, or 1500.000 for a currency with three decimals.',
}
const OTHER_MISTAKE = 'The address of this page is not complete.'

/** A sentence for each wrong field. */
export const mistakesIn = ({ issues }: z.ZodError): string[] =>
  issues.map(({ path: [name] }) => MISTAKES[String(name)] ?? OTHER_MISTAKE)

/** In minor units. An amount without a currency is none. Also takes it as this page shows it: `1,149.00 EUR`. */
function amountIn(text: string | undefined, currency: string | undefined): number | undefined {
  if (text === undefined || currency === undefined) return undefined
  const amount = (text.endsWith(currency) ? text.slice(0, -currency.length) : text).replaceAll(/\s/g, '')
  // in 49,00 the comma is the decimal one; in 1,500 KWD it may be
  const isClear = decimalsOf(currency) !== 3 || amount.includes('.')
  return minorUnitsIn(isClear ? amount.replaceAll(/,(?=\d{3}(\D|$))/g, '') : amount, currency)
}

export const filterOf = (
  org: OrgId,
  { status, since, until, currency, min, max }: ListQuery,
): OrderFilter => ({
  org,
  status,
  currency,
  minAmount: amountIn(min, currency),
  maxAmount: amountIn(max, currency),
  since: since === undefined ? undefined : new Date(since),
  until: until === undefined ? undefined : new Date(until),
})

export const placeOf = ({ after }: ListQuery): OrderId | undefined => after as OrderId | undefined

/** The query as the text of an address, with `?` when there is one. */
export function addressOf(path: string, query: ListQuery): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as [string, string]],
  )
  return given.length ? `${path}?${new URLSearchParams(given).toString()}` : path
}
