import { z } from 'zod'
import type { OrderFilter } from '#domain/orders'
import { isId, type OrderId, type OrgId } from '#kernel/ids'
import { moment } from '#kernel/schemas'

/** A browser sends the empty fields of a form, too. */
const orEmpty = <Field extends z.ZodType>(field: Field) =>
  z.preprocess((value) => (value === '' ? undefined : value), field.optional())

export const STATUSES = ['open', 'completed', 'cancelled'] as const

/** The filters of the list of orders. `after`: the last order that was shown. */
export const listQuery = z.object({
  status: orEmpty(z.enum(STATUSES)),
  since: orEmpty(moment),
  until: orEmpty(moment),
  after: orEmpty(z.string().refine((text) => isId('ord', text))),
})
export type ListQuery = z.output<typeof listQuery>

const MISTAKES: Readonly<Record<string, string>> = {
  status: 'Choose a status from the list.',
  since: 'The first day has to be a date, such as 2026-11-29.',
  until: 'The day before which to end has to be a date, such as 2026-11-30.',
}
const OTHER_MISTAKE = 'The address of this page is not complete.'

/** A sentence for each wrong field. */
export const mistakesIn = ({ issues }: z.ZodError): string[] =>
  issues.map(({ path: [name] }) => MISTAKES[String(name)] ?? OTHER_MISTAKE)

export const filterOf = (org: OrgId, { status, since, until }: ListQuery): OrderFilter => ({
  org,
  status,
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
