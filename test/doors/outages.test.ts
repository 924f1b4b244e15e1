import { randomBytes } from 'node:crypto'
import type { FastifyInstance, InjectOptions } from 'fastify'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { z } from 'zod'
import { mintId } from '#kernel/ids'
import { openDatabase } from '#platform/database'
import { NotFetched } from '#platform/public-fetch'
import { signatureOf } from '../../sandbox/stripe/webhooks.ts'
import { defineTool } from '../../src/mcp/call/tool.ts'
import { tools } from '../../src/mcp/tools/index.ts'
import { aLineToDatabase } from '../support/a-hanging-server.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { aMcpDoor, aPerson, called, CLIENT_ID, type Person } from '../support/mcp.ts'

const WEBHOOKS = 'whsec_of_an_outage'
const PATIENCE = { connect: 150, lock: 100, statement: 100, answer: 150 }
const HOST = { host: 'market.example' }
const CLIENT = `pkgc_${'x'.repeat(22)}`
const FORM = { 'content-type': 'application/x-www-form-urlencoded' }

let database: Awaited<ReturnType<typeof aDatabase>>
let ann: Person
beforeAll(async () => {
  database = await aDatabase()
  ann = await aPerson(database.db)
})
afterAll(() => database.close())

describe('a Postgres that accepts connections and answers nothing', () => {
  let line: Awaited<ReturnType<typeof aLineToDatabase>>
  let hanging: ReturnType<typeof openDatabase>
  let app: FastifyInstance
  let logged: () => Record<string, unknown>[]
  beforeAll(async () => {
    line = await aLineToDatabase(database.url)
    hanging = openDatabase(line.url, { max: 2, patience: PATIENCE })
    const publicFetch = () => Promise.reject(new NotFetched('the test fetches nothing'))
    ;({ app, logged } = await anApp(hanging.db, { webhookSecrets: [WEBHOOKS], publicFetch }))
    // one connection is open before it hangs
    await sql`select 1`.execute(hanging.db)
    line.hangs()
  })
  afterAll(async () => {
    await app.close()
    await hanging.close()
    await line.close()
  })

  const event = JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type: 'payment_intent.succeeded',
    created: 1_800_000_000,
    livemode: false,
    data: { object: { id: 'pi_1', object: 'payment_intent', metadata: { deployment: 'test' } } },
  })
  const basic = `Basic ${Buffer.from(`pkgp_${randomBytes(16).toString('hex')}:${randomBytes(32).toString('hex')}`).toString('base64')}`

  const requests: Record<string, () => InjectOptions> = {
    'a page': () => ({ url: '/', headers: { accept: 'text/html' } }),
    'the page of an operation': () => ({
      url: `/o/${'x'.repeat(43)}`,
      headers: { accept: 'text/html', cookie: `__Host-session=${'x'.repeat(43)}` },
    }),
    'the registry': () => ({
      url: '/r/prj_1/packages.json',
      headers: { authorization: basic },
    }),
    'a webhook of Stripe': () => ({
      method: 'POST',
      url: '/callbacks/stripe',
      payload: event,
      headers: {
        'content-type': 'application/json',
        'stripe-signature': signatureOf(WEBHOOKS, Math.floor(Date.now() / 1000), event),
      },
    }),
    'a push hook': () => ({
      method: 'POST',
      url: `/callbacks/git/${mintId('hok', 0, Math.random)}`,
      payload: '{}',
    }),
    'a token of OAuth': () => ({
      method: 'POST',
      url: '/oauth/token',
      payload: `grant_type=refresh_token&refresh_token=pkgr_x&client_id=${CLIENT}`,
      headers: FORM,
    }),
    'a token of OAuth for a client with a document': () => ({
      method: 'POST',
      url: '/oauth/token',
      payload: `grant_type=refresh_token&refresh_token=pkgr_x&client_id=${encodeURIComponent(CLIENT_ID)}`,
      headers: FORM,
    }),
    'the revocation of a token': () => ({
      method: 'POST',
      url: '/oauth/revoke',
      payload: `token=pkgr_x&client_id=${encodeURIComponent(CLIENT_ID)}`,
      headers: FORM,
    }),
    'a device that begins': () => ({
      method: 'POST',
      url: '/oauth/device_authorization',
      payload: `client_id=${encodeURIComponent(CLIENT_ID)}`,
      headers: FORM,
    }),
    'the registration of a client': () => ({
      method: 'POST',
      url: '/oauth/register',
      payload: {
        client_name: 'x',
        redirect_uris: ['http://127.0.0.1/x'],
        token_endpoint_auth_method: 'none',
      },
    }),
    'the consent of OAuth': () => ({
      url: `/oauth/authorize?client_id=${encodeURIComponent(CLIENT_ID)}&response_type=code&redirect_uri=http%3A%2F%2F127.0.0.1%2Fx`,
      headers: { accept: 'text/html' },
    }),
    'a link to keys': () => ({ method: 'POST', url: `/pickup/${'x'.repeat(43)}` }),
    'the token check of MCP': () => ({
      method: 'POST',
      url: '/mcp',
      payload: { jsonrpc: '2.0', id: 1, method: 'ping' },
      headers: { authorization: `Bearer ${ann.token}` },
    }),
  }

  test.for(Object.entries(requests))(
    '%s is answered in time with 503 and when to try again, and nothing is logged as a bug',
    async ([, request]) => {
      const sent = request()
      const since = performance.now()

      const { statusCode, headers, body } = await app.inject({
        ...sent,
        headers: { ...HOST, ...sent.headers },
      })

      expect([statusCode, headers['retry-after']]).toEqual([503, '60'])
      expect(body).toMatch(/cannot answer right now/)
      expect(body).toMatch(/again in a minute/)
      expect(performance.now() - since).toBeLessThan(2_000)
      expect(logged().filter(({ level }) => Number(level) >= 50)).toEqual([])
    },
  )

  test('a program of OAuth gets the code temporarily_unavailable', async () => {
    const answer = await app.inject({ ...requests['a token of OAuth']?.(), headers: { ...HOST, ...FORM } })

    expect(answer.json()).toMatchObject({ error: 'temporarily_unavailable' })
  })

  test('/readyz names Postgres', async () => {
    const answer = await app.inject('/readyz')

    expect(answer.json()).toEqual({ status: 'not ready', missing: ['postgres'] })
  })

  test('a tool whose statement is not answered is refused with temporarily_unavailable, and the same key works later', async () => {
    const reads = defineTool({
      kind: 'action',
      name: 'read_it',
      title: 'Read it',
      description: 'Reads it.',
      scope: 'read',
      permission: 'any',
      hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
      input: z.strictObject({}),
      output: z.looseObject({}),
      run: async () => ({ found: await hanging.db.selectFrom('orgs').select('id').execute() }),
    })
    const door = await aMcpDoor({ db: database.db, tools: [...tools, reads] })

    const refused = await called(door, ann, 'read_it', {})

    expect(refused).toMatchObject({
      code: 'temporarily_unavailable',
      retryable: true,
      retry_after_ms: 60_000,
      next_step: 'Try again in a minute, with the same idempotency_key.',
    })
    expect(door.logged()).not.toContain('"level":50')
    await door.close()
  })
})
