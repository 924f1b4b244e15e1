import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import {
  assertSignedInLately,
  changeConnectionOrg,
  changeConnectionScopes,
  type OwnConnection,
  ownConnection,
  ownConnections,
  renameConnection,
  revokeConnection,
  revokeConnectionsOf,
} from '#domain/connections'
import type { Session } from '#domain/identity'
import { may, orgForCustomer } from '#domain/orgs'
import {
  setKillSwitch,
  setSpendingRules,
  spendingOf,
  type SpendingSettings,
  spendingStoppedSince,
  VendorUnknown,
} from '#domain/spending'
import type { Db } from '#platform/database'
import { connectionPage, revokeAllPage, revokePage } from './connection-view.ts'
import { INTEGRATIONS, listPage, type OrgStop, pathOf } from './integrations-view.ts'
import { sendPage } from './layout.ts'
import { signedIn } from './session.ts'
import {
  parseSpendingForm,
  spendingValues,
  type SpendingErrors,
  type SpendingValues,
} from './spending-form.ts'
import { orgsOfVisitor } from './visitor-orgs.ts'

export interface IntegrationsOptions {
  db: Db
  spending: SpendingSettings
  now: () => Date
}

interface ConnectionRequest {
  Params: { id: string }
  Querystring: { saved?: string }
}

/** A field that is missing or sent twice counts as an empty text. */
const textField = z.string().max(200).catch('')
const form = z
  .object({
    label: textField,
    org: textField,
    stop: textField,
    scope: z.union([z.string().transform((one) => [one]), z.array(z.string())]).catch([]),
  })
  .catch({ label: '', org: '', stop: '', scope: [] })

/** The MCP connections of a person: what each may do and spends. Only its person can change or revoke one. */
export async function integrationPages(app: FastifyInstance, options: IntegrationsOptions): Promise<void> {
  const { db, spending: settings, now } = options

  app.get<ConnectionRequest>(INTEGRATIONS, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const connections = await ownConnections(db, session.customer)
    const rows = await Promise.all(connections.map(withSpending))
    return sendPage(reply, listPage(reply, { rows, stops: await stopsOf(request), saved: saved(request) }))
  })

  app.get<ConnectionRequest>(pathOf(':id'), async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    return sendPage(reply, await pageOf(request, reply, session))
  })

  app.get<ConnectionRequest>(pathOf(':id', 'revoke'), async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    return sendPage(reply, revokePage(reply, await own(request, session)))
  })

  app.get(`${INTEGRATIONS}/revoke-all`, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    return sendPage(reply, revokeAllPage(reply, await ownConnections(db, session.customer)))
  })

  app.post(`${INTEGRATIONS}/revoke-all`, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { customer } = session
    await revokeConnectionsOf(db, { customer, reason: 'person', at: now(), request: request.id })
    return reply.redirect(`${INTEGRATIONS}?saved=all_revoked`, 303)
  })

  app.post(`${INTEGRATIONS}/stop`, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { org: ref, stop } = form.parse(request.body)
    const { id: org } = await orgForCustomer(db, session.customer, ref)
    const by = session.customer
    const on = stop !== 'off'
    if (!on) assertSignedInLately(session.authAt, now())
    await setKillSwitch(db, { org, by, on, request: request.id, at: now() })
    return reply.redirect(`${INTEGRATIONS}?saved=stop`, 303)
  })

  change('revoke', async (request, { customer: by }) => {
    const { id } = await ownConnection(db, { id: request.params.id, by })
    await revokeConnection(db, { id, by, reason: 'person', at: now(), request: request.id })
    return `${INTEGRATIONS}?saved=revoked`
  })

  change('rename', async (request, session) => {
    await renameConnection(db, { ...whose(request, session), label: form.parse(request.body).label })
  })

  change('org', async (request, session) => {
    await changeConnectionOrg(db, { ...whose(request, session), org: form.parse(request.body).org })
  })

  change('scopes', async (request, session) => {
    const { scope: scopes } = form.parse(request.body)
    const { authAt } = session
    await changeConnectionScopes(db, { ...whose(request, session), scopes, authAt, at: now() })
  })

  change('limits', async (request, session, reply) => {
    const { id } = await own(request, session)
    const parsed = parseSpendingForm(request.body)
    if (!parsed.ok) return sendPage(reply, await pageOf(request, reply, session, parsed), 400)
    assertSignedInLately(session.authAt, now())
    try {
      const { rules } = parsed
      await setSpendingRules(db, {
        connection: id,
        by: session.customer,
        rules,
        request: request.id,
        at: now(),
      })
    } catch (error) {
      if (!(error instanceof VendorUnknown)) throw error
      const wrong = { values: spendingValues(parsed.rules), errors: { spending_vendors: error.message } }
      return sendPage(reply, await pageOf(request, reply, session, wrong), 400)
    }
  })

  /** A form of the page of one connection. Goes back to that page, unless `run` returns another path or an answer. */
  function change(
    action: string,
    run: (
      request: FastifyRequest<ConnectionRequest>,
      session: Session,
      reply: FastifyReply,
    ) => Promise<string | FastifyReply | void>,
  ): void {
    app.post<ConnectionRequest>(pathOf(':id', action), async (request, reply) => {
      const session = await signedIn(request, reply)
      if (!session) return reply
      const here = pathOf(request.params.id)
      const next = (await run(request, session, reply)) ?? `${here}?saved=${action}`
      return typeof next === 'string' ? reply.redirect(next, 303) : next
    })
  }

  const own = ({ params }: FastifyRequest<ConnectionRequest>, { customer }: Session) =>
    ownConnection(db, { id: params.id, by: customer })

  const withSpending = async (connection: OwnConnection) => ({
    connection,
    spending: connection.scopes.includes('buy')
      ? await spendingOf(db, { connection: connection.id, settings, at: now() })
      : undefined,
  })

  async function pageOf(
    request: FastifyRequest<ConnectionRequest>,
    reply: FastifyReply,
    session: Session,
    wrong?: { values: SpendingValues; errors: SpendingErrors },
  ) {
    const row = await withSpending(await own(request, session))
    const { orgs } = orgsOfVisitor(request)
    const currencies = settings.defaults.limits.map(({ currency }) => currency)
    return connectionPage(reply, { ...row, orgs, currencies, wrong, saved: saved(request) })
  }

  /** The orgs whose assistants the visitor may stop. */
  async function stopsOf(request: FastifyRequest): Promise<OrgStop[]> {
    const orgs = orgsOfVisitor(request).orgs.filter(({ role }) => may(role, 'stop_spending'))
    return Promise.all(orgs.map(async (org) => ({ org, since: await spendingStoppedSince(db, org.id) })))
  }
}

const whose = (request: FastifyRequest<ConnectionRequest>, { customer }: Session) => ({
  id: request.params.id,
  by: customer,
  request: request.id,
})

const saved = ({ query }: FastifyRequest<ConnectionRequest>) =>
  typeof query.saved === 'string' ? query.saved : undefined
