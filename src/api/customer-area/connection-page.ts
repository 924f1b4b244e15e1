import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { accessesOf } from '#domain/orgs'
import {
  assertSignedInLately,
  changeConnectionOrg,
  changeConnectionScopes,
  type OwnConnection,
  ownConnection,
  renameConnection,
  revokeConnection,
} from '#domain/connections'
import type { Session } from '#domain/identity'
import { setSpendingRules, spendingOf, type SpendingSettings, VendorUnknown } from '#domain/spending'
import type { Db } from '#platform/database'
import { connectionPage, type ConnectionView, revokePage } from './connection-view.ts'
import { INTEGRATIONS, pathOf, type Row } from './integrations-view.ts'
import { type Page, sendPage } from './layout.ts'
import { signedIn } from './session.ts'
import { parseSpendingForm, spendingValues } from './spending-form.ts'

export interface ConnectionPageOptions {
  db: Db
  spending: SpendingSettings
  now: () => Date
}

interface ForConnection {
  Params: { id: string }
}
type ConnectionRequest = FastifyRequest<ForConnection>

/** A form that a person sent about one connection. */
interface Sent {
  request: ConnectionRequest
  reply: FastifyReply
  session: Session
}

/** Carries out a form. Returns where to go, or an answer. By default the page of the connection follows. */
type Change = (sent: Sent) => Promise<string | FastifyReply | void>

/** A field that is missing or sent twice counts as an empty text. */
const text = z.string().max(500).catch('')
const form = z.object({
  label: text,
  org: text,
  scope: z.union([z.string().transform((one) => [one]), z.array(z.string())]).catch([]),
})
const fieldsOf = ({ body }: ConnectionRequest) => form.parse(body ?? {})

/** The page of one connection, its forms, and the page that asks for confirmation before the connection ends. */
export function connectionPages(app: FastifyInstance, options: ConnectionPageOptions): void {
  const { db } = options

  app.get<ForConnection>(pathOf(':id'), async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    return sendPage(reply, await pageOf(options, { request, reply, session }))
  })

  app.get<ForConnection>(pathOf(':id', 'revoke'), async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    return sendPage(reply, revokePage(reply, await ownConnection(db, whose(request, session))))
  })

  for (const [action, change] of Object.entries(changesOn(options)))
    app.post<ForConnection>(pathOf(':id', action), async (request, reply) => {
      const session = await signedIn(request, reply)
      if (!session) return reply
      const next = await change({ request, reply, session })
      if (typeof next === 'object') return next
      return reply.redirect(next ?? `${pathOf(request.params.id)}?saved=${action}`, 303)
    })
}

/** The forms by the last part of their path. */
function changesOn(options: ConnectionPageOptions): Record<string, Change> {
  const { db, now } = options
  return {
    async revoke({ request, session }) {
      const { id } = await ownConnection(db, whose(request, session))
      const by = session.customer
      await revokeConnection(db, { id, by, reason: 'person', at: now(), request: request.id })
      return `${INTEGRATIONS}?saved=revoked`
    },

    async rename({ request, session }) {
      const { label } = fieldsOf(request)
      await renameConnection(db, { ...whose(request, session), label })
    },

    async org({ request, session }) {
      const { org } = fieldsOf(request)
      await changeConnectionOrg(db, { ...whose(request, session), org })
    },

    async scopes({ request, session }) {
      const { scope: scopes } = fieldsOf(request)
      const { authAt } = session
      await changeConnectionScopes(db, { ...whose(request, session), scopes, authAt, at: now() })
    },

    async limits(sent) {
      const wrong = await changeLimits(options, sent)
      if (wrong) return sendPage(sent.reply, await pageOf(options, sent, wrong), 400)
    },
  }
}

/** Returns what the person has to correct, or undefined when the limits are saved. */
async function changeLimits(
  { db, now }: ConnectionPageOptions,
  { request, session }: Sent,
): Promise<ConnectionView['wrong']> {
  const { id: connection } = await ownConnection(db, whose(request, session))
  const parsed = parseSpendingForm(request.body)
  if (!parsed.ok) return parsed
  assertSignedInLately(session.authAt, now())
  const { rules } = parsed
  try {
    await setSpendingRules(db, { connection, by: session.customer, rules, request: request.id, at: now() })
    return undefined
  } catch (error) {
    if (!(error instanceof VendorUnknown)) throw error
    return { values: spendingValues(rules), errors: { spending_vendors: error.message } }
  }
}

async function pageOf(
  options: ConnectionPageOptions,
  { request, reply, session }: Sent,
  wrong?: ConnectionView['wrong'],
): Promise<Page> {
  const row = await withSpending(options, await ownConnection(options.db, whose(request, session)))
  const orgs = await accessesOf(options.db, session.customer)
  const currencies = options.spending.defaults.limits.map(({ currency }) => currency)
  return connectionPage(reply, { ...row, orgs, currencies, wrong, saved: savedIn(request) })
}

/** The connection. If it may buy, also its limits and how much of them is used. */
export async function withSpending(
  { db, spending: settings, now }: ConnectionPageOptions,
  connection: OwnConnection,
): Promise<Row> {
  const { id, scopes } = connection
  const mayBuy = scopes.includes('buy')
  const spending = mayBuy ? await spendingOf(db, { connection: id, settings, at: now() }) : undefined
  return { connection, spending }
}

/** What was saved just before, for a message. */
export function savedIn({ query }: FastifyRequest): string | undefined {
  const { saved } = query as { saved?: unknown }
  return typeof saved === 'string' ? saved : undefined
}

const whose = (request: ConnectionRequest, { customer }: Session) => ({
  id: request.params.id,
  by: customer,
  request: request.id,
})
