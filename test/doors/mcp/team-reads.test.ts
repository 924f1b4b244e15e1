import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { revokeConnection } from '#domain/connections'
import { addVendor } from '#domain/vendors'
import { mintId } from '#kernel/ids'
import { aLicence, aMarket, type Market, MARKET_SINCE } from '../../support/a-market.ts'
import { aMember } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { aConnection, aMcpDoor, type McpDoor } from '../../support/mcp.ts'
import { aModernClient } from '../../support/mcp-clients.ts'

type Page = { items: Record<string, unknown>[]; next_cursor?: string }
const DAY_MS = 86_400_000

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const as = (name: string) => aMember({ door, market }, aModernClient, { name })

describe('list_org_members', () => {
  test.for([
    ['buyer', 'all', 4],
    ['billing', 'their own', 1],
    ['developer', 'their own', 1],
    ['viewer', 'their own', 1],
  ] as const)('%s sees the addresses: %s', async ([name, , addresses]) => {
    const { ask } = await as(name)

    const { items } = await ask<Page>('list_org_members', { response_format: 'detailed' })

    expect(items).toHaveLength(4)
    expect(items.filter(({ email }) => email)).toHaveLength(addresses)
    expect(items.find(({ you }) => you)).toMatchObject({ email: `${name}@example.test` })
    expect(items[0]).toMatchObject({ joined_at: MARKET_SINCE.toISOString() })
  })

  test('the pages of the members have each member once', async () => {
    const { ask } = await as('buyer')
    const seen: unknown[] = []
    let cursor: string | undefined
    do {
      const page: Page = await ask('list_org_members', { limit: 1, ...(cursor && { cursor }) })
      seen.push(...page.items.map(({ name }) => name))
      cursor = page.next_cursor
    } while (cursor)

    expect(seen).toHaveLength(4)
    expect(new Set(seen)).toEqual(new Set(['Bea Buyer', 'Bill Billing', 'Dev Developer', 'Vi Viewer']))
  })
})

describe('list_pending_invites', () => {
  test('an org without invites has an empty list', async () => {
    const { ask } = await as('buyer')

    expect(await ask('list_pending_invites')).toEqual({ org: 'acme-retail', items: [] })
  })

  test('only invites that can still be used are listed, and never their tokens', async () => {
    const { ask } = await as('buyer')
    const now = Date.now()
    const [customer, token] = [market.person('buyer'), randomBytes(32)]
    const invite = (email: string, more: object = {}) => ({
      id: mintId('inv', now, Math.random),
      org_id: market.org('acme-retail'),
      email_norm: `${email}@example.test`,
      role: 'developer' as const,
      token_hash: createHash('sha256').update(token).update(email).digest(),
      invited_by: customer,
      created_at: new Date(now - DAY_MS),
      expires_at: new Date(now + DAY_MS),
      ...more,
    })
    await database.db
      .insertInto('org_invites')
      .values([
        invite('open'),
        invite('used', { used_at: new Date(now), used_by: market.person('viewer') }),
        invite('revoked', { revoked_at: new Date(now) }),
        invite('late', { created_at: new Date(now - 9 * DAY_MS), expires_at: new Date(now - DAY_MS) }),
        invite('elsewhere', { org_id: market.org('globex') }),
      ])
      .execute()

    const answer = await ask<Page>('list_pending_invites', { response_format: 'detailed' })

    expect(answer.items).toEqual([
      {
        id: expect.stringMatching(/^inv_/),
        email: 'open@example.test',
        role: 'developer',
        expires_at: new Date(now + DAY_MS).toISOString(),
        invited_by: 'Bea Buyer',
        invited_at: new Date(now - DAY_MS).toISOString(),
      },
    ])
    const again = database.db
      .insertInto('org_invites')
      .values({ ...invite('open'), token_hash: randomBytes(32) })
    await expect(again.execute()).rejects.toThrow('org_invites_open')
  })
})

describe('list_vendors', () => {
  test('each vendor of an org has its status, and vendors of other orgs are not listed', async () => {
    const { ask } = await as('buyer')
    const orgId = market.org('acme-retail')
    const at = MARKET_SINCE
    for (const [n, slug] of ['first', 'second', 'third'].entries())
      await addVendor(database.db, {
        id: mintId('ven', at.getTime() + n, Math.random),
        orgId,
        slug,
        name: slug,
        at,
        ...(slug !== 'first' && { approvedAt: at, payableSince: at }),
      })
    await database.db.updateTable('vendors').set({ suspended_at: at }).where('slug', '=', 'third').execute()

    const { items } = await ask<Page>('list_vendors')

    expect(items.map(({ slug, status, payable }) => [slug, status, payable])).toEqual([
      ['first', 'applied', false],
      ['second', 'approved', true],
      ['third', 'suspended', true],
    ])
  })
})

describe('get_vendor_dashboard', () => {
  test('a role that may see sales sees amounts without buyers, and a developer sees no sales', async () => {
    await aLicence(market, { package: 'northwind/module-search' })
    await database.db
      .insertInto('org_members')
      .values(
        (['developer', 'billing'] as const).map((name) => ({
          org_id: market.org('northwind'),
          customer_id: market.person(name),
          role: name,
          joined_at: MARKET_SINCE,
        })),
      )
      .execute()
    const dashboardFor = async (name: string) =>
      (await as(name)).ask<Record<string, unknown>>('get_vendor_dashboard', { org: 'northwind' })

    const [owner, developer, billing] = [
      await dashboardFor('vendor'),
      await dashboardFor('developer'),
      await dashboardFor('billing'),
    ]

    const sale = { package: 'northwind/module-search', edition: 'open-source', price: { currency: 'EUR' } }
    expect(owner).toMatchObject({
      org: 'northwind',
      vendors: expect.arrayContaining([
        expect.objectContaining({ slug: 'fabrikam' }),
        expect.objectContaining({ slug: 'northwind', payable: true }),
      ]),
      sales: [sale],
    })
    expect(JSON.stringify(owner)).not.toMatch(/acme/i)
    expect(developer).not.toHaveProperty('sales')
    expect(billing).toMatchObject({ sales: [sale] })
    expect([developer, billing].map((each) => 'git_integrations' in each)).toEqual([true, false])
  })
})

describe('list_connections', () => {
  test("a person sees their own live connections, without tokens, and nobody else's", async () => {
    const buyer = await as('buyer')
    const of = { customer: market.person('buyer'), activeOrg: market.org('globex') }
    const other = await aConnection(database.db, { ...of, scopes: ['read', 'buy'] })
    const ended = await aConnection(database.db, of)
    await revokeConnection(database.db, { id: ended.connection, reason: 'test', at: new Date() })
    const strange = await aConnection(database.db, { ...of, customer: market.person('developer') })
    const at = new Date('2026-11-01T10:00:00Z')
    await database.db
      .updateTable('connections')
      .set({
        client_host: 'client.example',
        client_name: 'Evil \u202e[x](https://evil.example)',
        last_used_at: at,
      })
      .where('id', '=', other.connection)
      .execute()

    const answer = await buyer.ask<Page>('list_connections', { response_format: 'detailed' })

    expect(answer.items.find(({ id }) => id === other.connection)).toEqual({
      id: other.connection,
      name: 'Evil x',
      host: 'client.example',
      org: 'globex',
      last_used_at: at.toISOString(),
      may: ['look at everything except secrets', 'fill the cart and buy'],
      connected_at: expect.any(String),
    })
    expect(answer.items.find(({ id }) => id === buyer.connection)).toMatchObject({
      host: 'unverified',
      this_one: true,
    })
    const text = JSON.stringify(answer)
    for (const hidden of [ended.connection, strange.connection, other.token, 'pkgt_'])
      expect([hidden, text.includes(hidden)]).toEqual([hidden, false])
  })

  test('a connection whose active org was left has no org', async () => {
    const { ask, connection } = await aMember({ door, market }, aModernClient, { name: 'viewer' })
    await database.db.deleteFrom('org_members').where('customer_id', '=', market.person('viewer')).execute()

    const { items } = await ask<Page>('list_connections')

    expect(items.find(({ id }) => id === connection)).not.toHaveProperty('org')
  })
})
