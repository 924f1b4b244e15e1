import { z } from 'zod'
import { type EventFilter, OUTCOMES } from '#domain/audit'
import { type ConnectionId, type CustomerId, isId } from '#kernel/ids'
import { moment } from '#kernel/schemas'

/** A browser sends the empty fields of a form, too. */
const orEmpty = <Field extends z.ZodType>(field: Field) =>
  z.preprocess((value) => (value === '' ? undefined : value), field.optional())

const isPlace = (text: string) => {
  const [at, seq = ''] = text.split(' ')
  return moment.safeParse(at).success && /^[1-9]\d{0,14}$/.test(seq)
}

const fields = {
  action: orEmpty(z.string().max(64)),
  outcome: orEmpty(z.enum(OUTCOMES)),
  person: orEmpty(z.string().refine((text) => isId('cst', text))),
  connection: orEmpty(z.string().refine((text) => isId('con', text))),
  since: orEmpty(moment),
  until: orEmpty(moment),
}

/** The query of the page. `after`: time and number of the last event that was shown. */
export const auditQuery = z.object({ ...fields, after: orEmpty(z.string().refine(isPlace)) })
export type AuditQuery = z.output<typeof auditQuery>

/** The form of a download. */
export const exportForm = z.object({ ...fields, format: z.enum(['csv', 'ndjson']) })

/** The error text for an invalid field. */
const MISTAKES: Readonly<Record<string, string>> = {
  outcome: 'Choose an outcome from the list.',
  person: 'Choose a person from the list.',
  connection: 'The id of a connection looks like con_ and 26 letters and digits.',
  since: 'The first day has to be a date, such as 2026-11-29.',
  until: 'The day before which to end has to be a date, such as 2026-11-30.',
}
const OTHER_MISTAKE = 'The address of this page is not complete.'

/** Returns a sentence for each wrong field. */
export const mistakesIn = ({ issues }: z.ZodError): string[] =>
  issues.map(({ path: [field] }) => MISTAKES[String(field)] ?? OTHER_MISTAKE)

/** The `org` of a query or form. Undefined when it has none, or more than one. */
export function orgIn(input: unknown): string | undefined {
  const { org } = (input ?? {}) as { org?: unknown }
  return typeof org === 'string' ? org.slice(0, 64) : undefined
}

export function filterOf({ after, ...query }: AuditQuery): { filter: EventFilter; after: Place | undefined } {
  const { action, outcome, person, connection, since, until } = query
  const [at = '', seq] = after?.split(' ') ?? []
  return {
    filter: {
      action,
      outcome,
      customer: person as CustomerId | undefined,
      connection: connection as ConnectionId | undefined,
      since: since === undefined ? undefined : new Date(since),
      until: until === undefined ? undefined : new Date(until),
    },
    after: after === undefined ? undefined : { at: new Date(at), seq: Number(seq) },
  }
}

interface Place {
  at: Date
  seq: number
}
