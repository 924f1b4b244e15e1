import { z } from 'zod'
import type { OrderFilter } from '#domain/orders'
import { isId, type OrderId, type OrgId } from '#kernel/ids'
import { amountText, decimalsOf, minorUnitsIn } from '#kernel/money'
import { currencyCode, moment } from '#kernel/schemas'

/** A browser sends the empty fields of a form, too. */
const orEmpty = <Field extends z.ZodType>(field: Field) =>
  z.preprocess((value) => (value === '' ? undefined : value), field.optional())

export const STATUSES = ['open', 'completed', 'cancelled'] as const

const amounts = {
  min: orEmpty(z.string().trim().max(20)),
  max: orEmpty(z.string().trim().max(20)),
}

/** The filters of the list of orders. `after`: the last order that was shown. */
const listQuery = z.object({
  status: orEmpty(z.enum(STATUSES)),
  since: orEmpty(moment),
  until: orEmpty(moment),
  currency: orEmpty(currencyCode),
  ...amounts,
  after: orEmpty(z.string().refine((text) => isId('ord', text))),
})
export type ListQuery = z.output<typeof listQuery>

/** The fields of an amount, whatever the others are. An amount of a currency that is none cannot be read. */
const amountQuery = z.object({ currency: orEmpty(currencyCode), ...amounts })

/**
 * Reads the query of an address, or says what is wrong with every field of it. An amount without a currency is one of
 * `only`, the currency of all orders of the org.
 */
export async function readQuery(
  sent: unknown,
  only: () => Promise<string | undefined>,
): Promise<{ query: ListQuery; wrong?: never } | { query?: never; wrong: WrongQuery }> {
  const { data: query, error } = listQuery.safeParse(sent)
  const { data: typed } = amountQuery.safeParse(sent)
  const hasAmount = typed && (typed.min ?? typed.max) !== undefined
  const currency = typed?.currency ?? (hasAmount ? await only() : undefined)
  const mistakes = typed ? amountMistakes(typed, currency) : {}
  if (query && !Object.keys(mistakes).length) return { query: { ...query, currency } }
  return { wrong: wrongQuery(asTexts(sent), error?.issues ?? [], mistakes) }
}

/** Each field of an address as a text. */
export const asTexts = (query: unknown): Record<string, string> =>
  Object.fromEntries(Object.entries(query as object).map(([name, value]) => [name, String(value)]))

/** The labels of the fields for amounts. */
export const AMOUNT_LABELS = { min: 'Amount from', max: 'Amount up to' } as const

function amountMistakes(
  typed: z.output<typeof amountQuery>,
  currency: string | undefined,
): Record<string, string> {
  const wrong = (['min', 'max'] as const).filter(
    (name) => typed[name] !== undefined && amountIn(typed[name], currency) === undefined,
  )
  return Object.fromEntries(wrong.map((name) => [name, amountMistake(name, currency)]))
}

const amountMistake = (name: keyof typeof AMOUNT_LABELS, currency: string | undefined): string =>
  currency === undefined
    ? `Choose a currency for “${AMOUNT_LABELS[name]}”.`
    : `“${AMOUNT_LABELS[name]}” has to be a number in ${currency}, such as ${amountText({ amountMinor: 150_000, currency })}.`

const MISTAKES: Readonly<Record<string, string>> = {
  status: 'Choose a status from the list.',
  since: '“From (UTC)” has to be a date, such as 2026-11-29.',
  until: '“Before (UTC)” has to be a date, such as 2026-11-30.',
  currency: 'Choose a currency from the list.',
  min: `“${AMOUNT_LABELS.min}” is too long.`,
  max: `“${AMOUNT_LABELS.max}” is too long.`,
}
const OTHER_MISTAKE = 'The address of this page is not complete.'

/** What was sent and is not a filter. */
export interface WrongQuery {
  /** As it was typed. */
  sent: Readonly<Record<string, string>>
  /** A sentence for each wrong field, by its name. */
  fields: Readonly<Record<string, string>>
  /** A sentence when something is wrong that has no field. */
  other: string | undefined
}

function wrongQuery(
  sent: WrongQuery['sent'],
  issues: readonly z.core.$ZodIssue[],
  amountsWrong: WrongQuery['fields'],
): WrongQuery {
  const byName = issues.map(({ path: [name] }) => [String(name), MISTAKES[String(name)]] as const)
  const known = byName.flatMap(([name, text]) => (text === undefined ? [] : [[name, text]]))
  return {
    sent,
    fields: { ...amountsWrong, ...Object.fromEntries(known) },
    other: byName.some(([, text]) => text === undefined) ? OTHER_MISTAKE : undefined,
  }
}

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
