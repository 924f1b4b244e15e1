import { once } from 'node:events'
import http from 'node:http'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { audit, originsOf, sweepOrigins, verifyChain, withOrigin } from '#domain/audit'
import { mintId } from '#kernel/ids'
import { anOAuthServer, type OAuthServer } from '../support/an-oauth-server.ts'
import { aVisitor } from '../support/a-visitor.ts'

let server: OAuthServer
beforeAll(async () => {
  server = await anOAuthServer()
})
afterAll(() => server.close())

/** The actions of a chain with the origin of each, in their order. */
async function eventsOf(chain: string) {
  const rows = await server.db
    .selectFrom('audit_events as e')
    .leftJoin('audit_addresses as a', (on) =>
      on.onRef('a.chain', '=', 'e.chain').onRef('a.seq', '=', 'e.seq'),
    )
    .select(['e.body', 'a.address', 'a.agent'])
    .where('e.chain', '=', chain)
    .orderBy('e.seq')
    .execute()
  return rows.map(({ body, address, agent }) => {
    const { action } = JSON.parse(body) as { action: string }
    return { action, address, agent }
  })
}
const chainOf = (name: string) => `customer:${server.market.person(name)}` as const
/** Posts a body whose second part arrives later, when another request may have run in between. */
async function inTwoParts(url: string, headers: Record<string, string>, body: string): Promise<void> {
  const request = http.request(url, { method: 'POST', headers })
  request.write(body.slice(0, 20))
  await (await fetch(`${server.publicUrl}/sign-in`)).text()
  request.end(body.slice(20))
  const [response] = (await once(request, 'response')) as [http.IncomingMessage]
  await text(response)
}

const aChain = () => `org:${mintId('org', Date.now(), Math.random)}` as const

describe('the address and the program of an audited request', () => {
  test('a sign-in form keeps the address that the trusted proxy reports, and the program as one line', async () => {
    const visitor = aVisitor(server.app, { host: new URL(server.publicUrl).host, ip: '127.0.0.1' })
    const from = { 'x-forwarded-for': '203.0.113.7', 'user-agent': `Firefox\t ${'x'.repeat(300)}` }
    await visitor.get('/sign-in')

    await visitor.post('/sign-in', { email: 'viewer@example.test', password: 'sandbox-password' }, from)

    expect(await eventsOf(chainOf('viewer'))).toEqual([
      expect.objectContaining({ address: '203.0.113.7', agent: `Firefox ${'x'.repeat(192)}` }),
    ])
  })

  test('a caller whose proxy is not trusted cannot choose its address', async () => {
    const visitor = aVisitor(server.app, { host: new URL(server.publicUrl).host, ip: '198.51.100.9' })
    await visitor.get('/sign-in')

    const from = { 'x-forwarded-for': '203.0.113.7', 'user-agent': '' }
    await visitor.post('/sign-in', { email: 'billing@example.test', password: 'sandbox-password' }, from)

    expect(await eventsOf(chainOf('billing'))).toEqual([
      expect.objectContaining({ address: '198.51.100.9', agent: null }),
    ])
  })

  test('a consent, a token request and a tool call keep the address of their own request', async () => {
    const { tokens } = await server.connected({ name: 'buyer' })
    const org = `org:${server.market.org('acme-retail')}`

    const call = { name: 'add_to_cart', arguments: { packages: ['northwind/module-search'] } }
    await inTwoParts(
      server.mcp,
      {
        authorization: `Bearer ${tokens.access_token}`,
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        'user-agent': 'a-client/1.0',
        'x-forwarded-for': '2001:db8::7',
      },
      JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: call }),
    )

    const called = (await eventsOf(org)).find(({ action }) => action === 'add_to_cart')
    expect(called).toMatchObject({ address: '2001:db8::7', agent: 'a-client/1.0' })
    for (const { action, address } of await eventsOf(chainOf('buyer')))
      expect([action, address]).toEqual([action, expect.stringMatching(/^10\.0\.|^127\.0\.0\.1$/)])
  })

  test.for([
    [
      'with its program, and no markup of theirs',
      { address: '203.0.113.7', agent: 'curl/8 <script>alert(1)</script>' },
    ],
    ['when it has none', { address: undefined }],
  ] as const)('who may read the log sees the address of an event %s', async ([, origin]) => {
    const action = `seen_${origin.address ? 'with' : 'without'}`
    const chain = `org:${server.market.org('acme-retail')}` as const
    await withOrigin(
      () => origin,
      () => audit(server.db, { chain, action, outcome: 'done' }),
    )
    const visitor = aVisitor(server.app, { host: new URL(server.publicUrl).host })
    await visitor.signIn('billing')

    const { body } = await visitor.get(`/account/audit?org=acme-retail&action=${action}`)

    expect(body).toContain(`<code>${action}</code>`)
    expect(body.includes('<summary>From 203.0.113.7</summary>')).toBe(origin.address !== undefined)
    expect(body).not.toContain('<script>alert')
  })

  test('an event outside a request has no address', async () => {
    const chain = aChain()

    const seq = await audit(server.db, { chain, action: 'refund_charge', outcome: 'done' })

    expect(await originsOf(server.db, chain, [{ seq }])).toEqual(new Map())
  })

  test('the address is deleted after 90 days, and the chain stays intact', async () => {
    const chain = aChain()
    const day = 24 * 3_600_000
    const seq = await withOrigin(
      () => ({ address: '203.0.113.7' }),
      () => audit(server.db, { chain, action: 'set_up_project', outcome: 'done' }),
    )

    await sweepOrigins(server.db, new Date(Date.now() + 89 * day))
    const kept = await originsOf(server.db, chain, [{ seq }])
    await sweepOrigins(server.db, new Date(Date.now() + 91 * day))

    expect(kept).toEqual(new Map([[seq, { address: '203.0.113.7', agent: undefined }]]))
    expect(await originsOf(server.db, chain, [{ seq }])).toEqual(new Map())
    expect(await verifyChain(server.db, chain)).toEqual({ intact: true, events: 1 })
  })
})
