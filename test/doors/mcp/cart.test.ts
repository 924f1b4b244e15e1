import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { mintId, type OrgId } from '#kernel/ids'
import { aDatabase } from '../../support/database.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aConnection, aMcpDoor, type McpDoor } from '../../support/mcp.ts'
import { aModernClient, errorIn, type McpClient } from '../../support/mcp-clients.ts'

const SEARCH = 'northwind/module-search'
const LABELS = 'fabrikam/module-labels'

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
let market: Market
let acme: OrgId
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db })
  acme = market.org('acme-retail')
})
beforeEach(() => database.db.deleteFrom('cart_items').execute())
afterAll(async () => {
  await door.close()
  await database.close()
})

async function clientOf(name: string, org = 'acme-retail'): Promise<McpClient> {
  const { token } = await aConnection(database.db, {
    customer: market.person(name),
    activeOrg: market.org(org),
  })
  return aModernClient(door, token)
}

describe('the cart of an org', () => {
  let buyer: McpClient
  let developer: McpClient
  beforeAll(async () => {
    ;[buyer, developer] = await Promise.all([clientOf('buyer'), clientOf('developer')])
  })
  afterAll(() => Promise.all([buyer.close(), developer.close()]))

  const cart = async (client = buyer) =>
    (await client.call('get_cart')).structuredContent as {
      items: { package: string; edition?: string; added_by: string }[]
      totals: object[]
    }
  const contents = async () => (await cart()).items.map((item) => `${item.package} for ${item.edition}`)

  test('all members share the cart of an org, and it shows the current prices', async () => {
    await developer.call('add_to_cart', { packages: [SEARCH] })
    const { structuredContent } = await buyer.call('add_to_cart', { packages: [LABELS] })

    expect(structuredContent).toMatchObject({
      org: 'acme-retail',
      items: [
        { package: LABELS, model: 'one_time', price: { text: '19.00 EUR' } },
        { package: SEARCH, price: { text: '49.00 EUR' } },
      ],
      totals: [{ amount_minor: 6800, currency: 'EUR' }],
    })
    expect(await cart(developer)).toEqual(await cart())
  })

  test('a cart holds a package once, with the edition that was added last', async () => {
    await buyer.call('add_to_cart', { packages: [SEARCH] })
    expect(await contents()).toEqual([`${SEARCH} for undefined`])
    await buyer.call('add_to_cart', { packages: [{ package: SEARCH, edition: 'commerce' }] })

    expect(await contents()).toEqual([`${SEARCH} for commerce`])
    expect(await cart()).toMatchObject({ totals: [{ amount_minor: 14900 }] })
  })

  test('ten calls at once add a package to the cart once', async () => {
    await Promise.all(Array.from({ length: 10 }, () => buyer.call('add_to_cart', { packages: [SEARCH] })))

    expect(await contents()).toEqual([`${SEARCH} for undefined`])
  })

  test.for([
    [['northwind/module-nowhere'], 'package_not_found'],
    [['northwind/module-core'], 'package_not_for_sale'],
    [[{ package: 'northwind/theme-plain', edition: 'commerce-cloud' }], 'edition_not_sold'],
    [[LABELS, LABELS], 'invalid_input'],
  ] as const)('a call that names %j adds nothing to the cart', async ([packages, code]) => {
    const error = errorIn(await buyer.call('add_to_cart', { packages: [SEARCH, ...packages] }))

    expect(error.code).toBe(code)
    expect(await contents()).toEqual([])
  })

  test('a cart with 20 packages is full', async () => {
    const customer = market.person('buyer')
    const at = new Date()
    await buyer.call('add_to_cart', { packages: [LABELS] })
    for (let n = 1; n < 20; n++) {
      const id = mintId('pkg', at, Math.random)
      const pack = { id, vendor_id: market.vendor('northwind'), name: `northwind/filler-${n}` }
      await database.db
        .insertInto('packages')
        .values({ ...pack, type: 'library', title: `Filler ${n}`, created_at: at })
        .execute()
      await database.db
        .insertInto('cart_items')
        .values({ org_id: acme, package_id: id, edition: 'open-source', added_by: customer, added_at: at })
        .execute()
    }

    expect(errorIn(await buyer.call('add_to_cart', { packages: [SEARCH] })).code).toBe('cart_is_full')
    expect((await contents()).length).toBe(20)
    await buyer.call('remove_from_cart', { packages: ['northwind/filler-1'] })
    const { structuredContent } = await buyer.call('add_to_cart', { packages: [SEARCH] })
    expect(structuredContent).toHaveProperty('items.length', 20)
  })

  test('removing packages from the cart returns those that were in it', async () => {
    await buyer.call('add_to_cart', { packages: [SEARCH, LABELS] })

    const { structuredContent } = await developer.call('remove_from_cart', {
      packages: [SEARCH, 'northwind/module-hello'],
    })

    expect(structuredContent).toMatchObject({ removed: [SEARCH], items: [{ package: LABELS }] })
  })

  test('the cart shows why a package can no longer be bought, and leaves it out of the total', async () => {
    await buyer.call('add_to_cart', { packages: [SEARCH, LABELS] })
    const pack = database.db.updateTable('packages').where('name', '=', SEARCH)
    await pack.set({ withdrawn_at: new Date() }).execute()

    const seen = await cart()
    const quoted = errorIn(await buyer.call('quote_cart'))
    await pack.set({ withdrawn_at: null }).execute()

    const problem = { code: 'package_not_for_sale', next_step: 'Call list_packages for another one.' }
    expect(seen).toMatchObject({
      items: [{ package: LABELS }, { package: SEARCH, problem }],
      totals: [{ amount_minor: 1900 }],
    })
    expect(quoted.code).toBe('package_not_for_sale')
  })

  test('a cart may hold two currencies, but a quote for it is refused', async () => {
    await buyer.call('add_to_cart', { packages: [SEARCH, LABELS] })
    const price = database.db.updateTable('package_prices').where('package_id', '=', market.package(LABELS))
    await price.set({ currency: 'USD' }).execute()

    const seen = await cart()
    const quoted = errorIn(await buyer.call('quote_cart'))
    await price.set({ currency: 'EUR' }).execute()

    expect(seen.totals).toMatchObject([{ currency: 'USD' }, { currency: 'EUR' }])
    expect(quoted.code).toBe('mixed_currencies')
  })

  test('a quote uses the edition of the project, unless the cart item names another', async () => {
    await buyer.call('add_to_cart', {
      packages: [SEARCH, { package: 'northwind/theme-plain', edition: 'open-source' }],
    })

    const { structuredContent } = await buyer.call('quote_cart', {
      new_project: { name: 'Big shop', edition: 'commerce' },
    })

    expect(structuredContent).toMatchObject({
      lines: [
        { package: SEARCH, edition: 'commerce', price: { amount_minor: 14900 } },
        { package: 'northwind/theme-plain', edition: 'open-source' },
      ],
    })
  })

  test('a developer may ask for a quote of the cart but may not buy it', async () => {
    await developer.call('add_to_cart', { packages: [SEARCH] })

    const { structuredContent } = await developer.call('quote_cart')

    expect(structuredContent).toMatchObject({
      org: 'acme-retail',
      quote: expect.stringMatching(/^quo_/),
      total: { amount_minor: 4900 },
      lines: [{ package: SEARCH, action: 'buy' }],
    })
    // a card is shown only to those who may charge it
    expect(structuredContent).not.toHaveProperty('card')
    const bought = await developer.call('checkout_cart', {
      quote: (structuredContent as { quote: string }).quote,
      idempotency_key: 'a-developer-who-may-not',
    })
    expect(errorIn(bought).code).toBe('not_allowed')
  })

  test('members of another org do not see the cart', async () => {
    await buyer.call('add_to_cart', { packages: [SEARCH] })
    const stranger = await clientOf('vendor', 'northwind')

    expect(await cart(stranger)).toMatchObject({ items: [] })
    expect(errorIn(await stranger.call('get_cart', { org: 'acme-retail' })).code).toBe('org_not_found')
    await stranger.close()
  })

  test('the audit log says who changed the cart, and nothing when nothing changed', async () => {
    const lastEvent = () =>
      database.db
        .selectFrom('audit_events')
        .select('body')
        .where('chain', '=', `org:${acme}`)
        .orderBy('seq', 'desc')
        .limit(1)
        .executeTakeFirst()
    await developer.call('add_to_cart', { packages: [SEARCH] })
    const added = await lastEvent()
    await developer.call('remove_from_cart', { packages: [LABELS] })

    expect(JSON.parse(added?.body ?? '')).toMatchObject({
      action: 'add_to_cart',
      outcome: 'done',
      customer: market.person('developer'),
      detail: { packages: SEARCH },
    })
    expect(await lastEvent()).toEqual(added)
  })
})
