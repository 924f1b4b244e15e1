import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { assertSignedInLately, ownConnections, revokeConnectionsOf } from '#domain/connections'
import { may, orgForCustomer } from '#domain/orgs'
import { setKillSwitch, spendingStoppedSince } from '#domain/spending'
import { connectionPages, type ConnectionPageOptions, savedIn, withSpending } from './connection-page.ts'
import { revokeAllPage } from './connection-view.ts'
import { INTEGRATIONS, listPage, type OrgStop } from './integrations-view.ts'
import { sendPage } from './layout.ts'
import { signedIn } from './session.ts'
import { orgsOfVisitor } from './visitor-orgs.ts'

export type IntegrationsOptions = ConnectionPageOptions

/** A field that is missing or sent twice counts as an empty text. */
const stopForm = z.object({ org: z.string().max(200).catch(''), stop: z.string().catch('') })

/**
 * The MCP connections of a person: what each may do, and what it spends. Only this person can change or revoke them.
 */
export async function integrationPages(app: FastifyInstance, options: IntegrationsOptions): Promise<void> {
  const { db, now } = options
  connectionPages(app, options)

  app.get(INTEGRATIONS, async (request, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const connections = await ownConnections(db, session.customer)
    const rows = await Promise.all(connections.map((each) => withSpending(options, each)))
    const view = { rows, stops: await stopsOf(request), saved: savedIn(request) }
    return sendPage(reply, listPage(reply, view))
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
    const form = stopForm.parse(request.body ?? {})
    const { id: org } = await orgForCustomer(db, session.customer, form.org)
    // an invalid value stops the assistants, because that is the safe choice
    const on = form.stop !== 'off'
    if (!on) assertSignedInLately(session.authAt, now())
    await setKillSwitch(db, { org, by: session.customer, on, request: request.id, at: now() })
    return reply.redirect(`${INTEGRATIONS}?saved=stop`, 303)
  })

  /** The orgs whose assistants the visitor may stop. */
  async function stopsOf(request: FastifyRequest): Promise<OrgStop[]> {
    const orgs = orgsOfVisitor(request).orgs.filter(({ role }) => may(role, 'stop_spending'))
    return Promise.all(orgs.map(async (org) => ({ org, since: await spendingStoppedSince(db, org.id) })))
  }
}
