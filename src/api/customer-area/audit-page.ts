import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import {
  type Chain,
  exportChain,
  exportEvents,
  listAuditEvents,
  originsOf,
  type RecordedEvent,
} from '#domain/audit'
import { namesOfConnections } from '#domain/connections'
import {
  assertMay,
  listOrgMembers,
  may,
  namesOfMembers,
  type OrgAccess,
  orgForCustomer,
  orgsOf,
} from '#domain/orgs'
import type { Session } from '#domain/identity'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import { csvOfEvents, inChunks, linesOf, watched } from './audit-download.ts'
import { noteOrg } from './audit-refusals.ts'
import { type AuditQuery, auditQuery, exportForm, filterOf, mistakesIn, orgIn } from './audit-query.ts'
import { auditView, type NamedEvent } from './audit-view.ts'
import { sendPage } from './layout.ts'
import { signedIn } from './session.ts'
import { orgsOfVisitor } from './visitor-orgs.ts'

const PATH = '/account/audit'
const PAGE = 50
/** How many members the filter offers. An event links to the filter for its person, too. */
const OFFERED = 200

export interface AuditPageOptions {
  db: Db
  now: () => Date
  log: Logger
}

/** The log to read. Without an org it is the person's own log. */
interface Log {
  session: Session
  org: OrgAccess | undefined
  chain: Chain
}

interface Wanted {
  session: Session
  /** Slug or id. */
  org: string | undefined
  query: AuditQuery
  error: z.ZodError | undefined
}

/**
 * The page of the audit log, with filters and downloads. Owner, admin and billing read the log of their org; each
 * person reads their own.
 */
export async function auditPages(app: FastifyInstance, { db, now, log }: AuditPageOptions): Promise<void> {
  app.get(PATH, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { data: query = {}, error } = auditQuery.safeParse(request.query)
    return sendLog(reply, { session, org: orgIn(request.query), query, error })
  })

  app.post(`${PATH}/export`, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const org = orgIn(request.body)
    const { data: form, error } = exportForm.safeParse(request.body)
    if (!form) return sendLog(reply, { session, org, query: {}, error })
    const { format, ...query } = form
    const of = await logOf(db, request, { session, name: org })
    const { chain } = of
    const wanted = { chain, actor: { customer: session.customer, request: request.id } }
    const { filter } = filterOf(query)
    const lines =
      format === 'ndjson'
        ? linesOf(await exportChain(db, wanted))
        : csvOfEvents(await exportEvents(db, { ...wanted, filter }), (page) => withNames(db, of, page))
    return download(reply, {
      name: of.org?.slug ?? 'my-account',
      format,
      lines: watched(lines, { request: request.id, log, what: 'the audit log' }),
      at: now(),
    })
  })

  /** Without `org`, shows the log of the org in which the person works, or else of the first that they may read. */
  async function sendLog(reply: FastifyReply, { session, org: name, query, error }: Wanted) {
    const orgs = (await orgsOf(db, session.customer)).filter(({ role }) => may(role, 'see_audit_log'))
    const of = await logOf(db, reply.request, { session, name: name ?? offered(reply.request, orgs) })
    const { chain, org } = of
    const { filter, after } = filterOf(query)
    const events = error ? [] : await listAuditEvents(db, { chain, filter, limit: PAGE + 1, after })
    const view = {
      path: PATH,
      orgs,
      org,
      members: org ? await listOrgMembers(db, { org: org.id, limit: OFFERED }) : [],
      query,
      mistakes: error && mistakesIn(error),
      events: await withNames(db, of, events.slice(0, PAGE)),
      more: events.length > PAGE,
    }
    return sendPage(reply, auditView(view, reply), error ? 400 : 200)
  }
}

/** Never another org instead of one that the person has lost. */
function offered(request: FastifyRequest, orgs: readonly OrgAccess[]): string | undefined {
  const { active, lost } = orgsOfVisitor(request)
  const own = orgs.find(({ id }) => id === active?.id)
  return own?.slug ?? (lost === undefined ? orgs[0]?.slug : undefined)
}

/**
 * To read an org's log, a person needs a role, which is read for each request. An empty name means the person's own
 * log.
 */
async function logOf(
  db: Db,
  request: FastifyRequest,
  { session, name }: { session: Session; name: string | undefined },
): Promise<Log> {
  if (!name) return { session, org: undefined, chain: `customer:${session.customer}` }
  const org = await orgForCustomer(db, session.customer, name)
  noteOrg(request, org)
  assertMay(org, 'see_audit_log')
  return { session, org, chain: `org:${org.id}` }
}

async function withNames(
  db: Db,
  { session, org, chain }: Log,
  events: readonly RecordedEvent[],
): Promise<NamedEvent[]> {
  const people = events.flatMap(({ customer }) => customer ?? [])
  const names = org
    ? await namesOfMembers(db, org.id, people)
    : new Map([[session.customer, session.displayName]])
  const applications = await namesOfConnections(
    db,
    events.flatMap(({ connection }) => connection ?? []),
  )
  const origins = await originsOf(db, chain, events)
  return events.map((event) => ({
    ...event,
    ...origins.get(event.seq),
    name: event.customer && names.get(event.customer),
    application: event.connection && applications.get(event.connection),
  }))
}

function download(
  reply: FastifyReply,
  {
    name,
    format,
    lines,
    at,
  }: { name: string; format: 'csv' | 'ndjson'; lines: AsyncIterable<string>; at: Date },
) {
  const day = at.toISOString().slice(0, 10)
  return reply
    .type(format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson; charset=utf-8')
    .header('content-disposition', `attachment; filename="audit-${name}-${day}.${format}"`)
    .header('cache-control', 'no-store')
    .header('x-content-type-options', 'nosniff')
    .send(Readable.from(inChunks(lines)))
}
