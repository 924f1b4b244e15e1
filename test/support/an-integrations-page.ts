import { type Scope, SCOPES } from '#domain/orgs'
import type { ConnectionId } from '#kernel/ids'
import { aMarket } from './a-market.ts'
import { aVisitor } from './a-visitor.ts'
import { anApp } from './an-app.ts'
import { aDatabase } from './database.ts'
import { aConnection, older } from './mcp.ts'

export const PAGE = '/account/integrations'
export const HOUR_MS = 3_600_000

/** The pages and the MCP endpoint of one app, with a clock that tests change. */
export async function anIntegrationsPage() {
  const { db, close } = await aDatabase('market')
  const market = await aMarket(db)
  const clock = { at: new Date() }
  const { app } = await anApp(db, { now: () => clock.at })

  return {
    db,
    market,
    app,
    clock,
    after: (ms: number) => (clock.at = new Date(clock.at.getTime() + ms)),
    /** A visitor who has just signed in. */
    async visitor(name = 'buyer') {
      const visitor = aVisitor(app)
      await visitor.signIn(name)
      return visitor
    },
    /** Ends all connections of earlier tests. */
    async beginAgain() {
      clock.at = new Date()
      await db
        .updateTable('connections')
        .set({ revoked_at: clock.at, revoke_reason: 'test' })
        .where('revoked_at', 'is', null)
        .execute()
    },
    /** A connection of a person of the market, its page, and its token for this app. */
    async connected(scopes: readonly Scope[] = SCOPES, name = 'buyer', org = 'acme-retail') {
      const of = { customer: market.person(name), activeOrg: market.org(org), scopes }
      const { connection: id, mint } = await aConnection(db, of)
      const token = await mint({ aud: 'https://market.example/mcp' })
      return { id, token, page: `${PAGE}/${id}` }
    },
    row: (id: ConnectionId) =>
      db
        .selectFrom('connections')
        .select(['label', 'scopes', 'active_org_id', 'revoked_at', 'revoke_reason'])
        .where('id', '=', id)
        .executeTakeFirstOrThrow(),
    /** The status and the body of a tool call. */
    async call(token: string, name: string, input: object = {}) {
      const answer = await app.inject({
        method: 'POST',
        url: '/mcp',
        headers: {
          host: 'market.example',
          authorization: `Bearer ${token}`,
          accept: 'application/json, text/event-stream',
        },
        payload: older('tools/call', { name, arguments: input }).body as object,
      })
      return { status: answer.statusCode, text: answer.body }
    },
    /** The events in the audit log about an object, oldest first. */
    async eventsAbout(object: string) {
      const rows = await db.selectFrom('audit_events').select('body').orderBy('at').execute()
      return rows
        .map(({ body }) => JSON.parse(body) as Record<string, unknown>)
        .filter((event) => event.object === object)
    },
    async close() {
      await app.close()
      await close()
    },
  }
}

export type IntegrationsPage = Awaited<ReturnType<typeof anIntegrationsPage>>
