import { z } from 'zod'
import {
  type EventFilter,
  listAuditEvents,
  originsOf,
  OUTCOMES,
  type RecordedEvent,
  type RequestOrigin,
} from '#domain/audit'
import { namesOfConnections } from '#domain/connections'
import { namesOfMembers } from '#domain/orgs'
import { type ConnectionId, type CustomerId, isId, type OrgId } from '#kernel/ids'
import { moment, orgArgument } from '#kernel/schemas'
import type { Db } from '#platform/database'
import { foreignName, foreignText, SUMMARY } from '../../call/foreign-text.ts'
import { orgListOf, page, pageOf } from '../../call/page.ts'
import { detail } from '../../call/shape.ts'
import { defineTool } from '../../call/tool.ts'

const eventRow = z.looseObject({
  at: z.string(),
  action: z.string(),
  outcome: z.enum(OUTCOMES),
  code: z.string().optional().describe('Why it was refused or failed'),
  person: z.string().optional(),
  name: z.string().optional().describe('Of a present member'),
  connection: z.string().optional().describe('Absent in the browser'),
  object: z.string().optional(),
  seq: detail(z.int()),
  application: detail(z.string()),
  request: detail(z.string()),
  address: detail(z.string()),
  user_agent: detail(z.string()),
  operation: detail(z.string()),
  details: detail(z.record(z.string(), z.unknown())),
})

const idOf = (prefix: string) =>
  z
    .string()
    .max(64)
    .refine((text) => isId(prefix, text), `an id such as ${prefix}_…`)

export default defineTool({
  kind: 'read',
  name: 'list_audit_events',
  title: 'List audit events',
  description: `
    Lists what was changed, shown or refused in an org, newest first: when, action (a tool's name, or such as
    show_auth_json), outcome, who, by which connection, on what. Reads are not recorded.`,
  scope: 'read',
  permission: 'see_audit_log',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    action: z.string().min(1).max(64).optional(),
    outcome: z.enum(OUTCOMES).optional(),
    person: idOf('cst').optional().describe('Id, from list_org_members'),
    connection: idOf('con').optional().describe('Id'),
    since: moment.optional().describe('ISO date or time'),
    until: moment.optional().describe('Exclusive'),
    ...page,
  }),
  output: orgListOf(eventRow),

  async run({ action, outcome, person, connection, since, until, ...args }, { db, org, cursors }) {
    const filter: EventFilter = {
      action,
      outcome,
      customer: person as CustomerId | undefined,
      connection: connection as ConnectionId | undefined,
      since: since === undefined ? undefined : new Date(since),
      until: until === undefined ? undefined : new Date(until),
    }
    const listed = await pageOf(
      { cursors },
      {
        row: eventRow,
        place: {
          tool: 'list_audit_events',
          owner: org.id,
          filter: { action, outcome, person, connection, since, until },
        },
        page: args,
        async read({ limit, after }) {
          const chain = `org:${org.id}` as const
          const events = await listAuditEvents(db, { chain, filter, limit, after: eventPlaceIn(after) })
          return withNames(db, org.id, events)
        },
        keyOf: ({ at, seq }) => `${at.toISOString()} ${seq}`,
        show,
      },
    )
    return { org: org.slug, ...listed }
  },
})

function eventPlaceIn(key: string | undefined) {
  if (key === undefined) return undefined
  const [at = '', seq] = key.split(' ')
  return { at: new Date(at), seq: Number(seq) }
}

interface NamedEvent extends RecordedEvent, RequestOrigin {
  name: string | undefined
  application: string | undefined
}

async function withNames(db: Db, org: OrgId, events: readonly RecordedEvent[]): Promise<NamedEvent[]> {
  const people = await namesOfMembers(
    db,
    org,
    events.flatMap(({ customer }) => customer ?? []),
  )
  const applications = await namesOfConnections(
    db,
    events.flatMap(({ connection }) => connection ?? []),
  )
  const origins = await originsOf(db, `org:${org}`, events)
  return events.map((event) => ({
    ...event,
    ...origins.get(event.seq),
    name: event.customer && people.get(event.customer),
    application: event.connection && applications.get(event.connection),
  }))
}

function show(event: NamedEvent): z.input<typeof eventRow> {
  const { at, action, outcome, code, customer, name, connection, object } = event
  const { seq, application, request, address, agent, operation, detail: details } = event
  return {
    at: at.toISOString(),
    action,
    outcome,
    ...(code && { code }),
    ...(customer && { person: customer }),
    ...(name && { name: foreignName(name) }),
    ...(connection && { connection }),
    ...(object && { object: foreignName(object) }),
    seq,
    ...(application && { application: foreignName(application) }),
    ...(request && { request }),
    ...(address && { address }),
    ...(agent && { user_agent: foreignText(agent, SUMMARY) }),
    ...(operation && { operation }),
    ...(details && { details: cleaned(details) }),
  }
}

const cleaned = (details: NonNullable<RecordedEvent['detail']>) =>
  Object.fromEntries(
    Object.entries(details).map(([name, value]) => [
      name,
      typeof value === 'string' ? foreignText(value, SUMMARY) : value,
    ]),
  )
