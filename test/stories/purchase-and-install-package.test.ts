import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { rowCounts } from '../support/ledger-mismatches.ts'

const test = storyTest()

describe.skipIf(!timeSkippingServer)('buying and installing', () => {
  /** An input for one package on a project of its own. */
  async function wanted(shop: Shop, name: string, more: Record<string, unknown> = {}) {
    const { id } = await aProject(shop.market)
    return { packages: [name], project: id, idempotency_key: randomUUID(), ...more }
  }
  const charges = async (shop: Shop) => (await shop.bank.money()).totals.succeeded_charges
  const requests = async (shop: Shop) => (await shop.bank.requests()).length

  test('charges the saved card once and answers with what Composer needs', async ({ shop, buyer }) => {
    const before = await charges(shop)
    const input = await wanted(shop, 'northwind/module-search')

    const told = await buyer.buys(input)

    expect(told).toMatchObject({
      isError: false,
      story: 'purchase_and_install_package',
      status: 'completed',
      org: 'acme-retail',
      result: {
        order_id: expect.stringMatching(/^ord_/),
        project: input.project,
        total: { amount_minor: 4900, currency: 'EUR', text: '49.00 EUR' },
        licences: [
          { package: 'northwind/module-search', edition: 'open-source', outcome: 'bought', activated: true },
        ],
        repository: { type: 'composer', url: `${shop.publicUrl}/r/${input.project}/` },
        auth_json: {
          'http-basic': {
            [new URL(shop.publicUrl).host]: {
              username: expect.stringMatching(/^ppk_/),
              password: expect.stringMatching(/^psk_/),
            },
          },
        },
      },
    })
    expect(told.result.composer_commands).toContain('composer require northwind/module-search')
    expect((await charges(shop)) - before).toBe(1)
    const steps = await shop.db
      .selectFrom('operation_steps')
      .select(['name', 'status'])
      .where('operation_id', '=', told.operation_id)
      .orderBy('started_at')
      .execute()
    expect(steps).toEqual(
      [
        'openOrder',
        'recheckPurchase:line_1',
        'chargeLine:line_1',
        'settleLine:line_1',
        'deliverPurchase',
      ].map((name) => ({ name, status: 'done' })),
    )
  })

  test('charges once for a key that is sent ten times at once and again afterwards', async ({
    shop,
    buyer,
  }) => {
    const before = await charges(shop)
    const input = await wanted(shop, 'northwind/module-search')

    const told = await Promise.all(Array.from({ length: 10 }, () => buyer.buys(input)))
    const again = await buyer.buys(input)

    expect(new Set([...told, again].map(({ operation_id }) => operation_id)).size).toBe(1)
    expect(new Set([...told, again].map(({ status }) => status))).toEqual(new Set(['completed']))
    expect(again).toMatchObject({ replayed: true })
    expect(again.result).toEqual(told[0]?.result)
    expect((await charges(shop)) - before).toBe(1)
  })

  test('a yearly licence is valid for exactly a year, on a project made for it', async ({ shop, buyer }) => {
    const told = await buyer.buys({
      packages: ['northwind/module-stock'],
      new_project: { name: 'Spring shop', production_domain: 'spring.example' },
      idempotency_key: randomUUID(),
    })

    const licence = await shop.db
      .selectFrom('licences as l')
      .innerJoin('packages as p', 'p.id', 'l.package_id')
      .selectAll('l')
      .where('p.name', '=', 'northwind/module-stock')
      .executeTakeFirstOrThrow()
    const aYearOn = new Date(licence.activated_at ?? 0)
    aYearOn.setUTCFullYear(aYearOn.getUTCFullYear() + 1)
    expect(licence.valid_until).toEqual(aYearOn)
    expect(told.result).toMatchObject({
      project: expect.stringMatching(/^prj_/),
      licences: [{ id: licence.id, valid_until: aYearOn.toISOString() }],
    })
    const listed = await buyer.call('list_projects', {})
    expect(listed).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ slug: 'spring-shop' })]),
    })
  })

  test('buys several packages of a vendor as one line and one charge', async ({ shop, buyer }) => {
    const before = await charges(shop)
    const input = await wanted(shop, 'northwind/module-search', {
      packages: ['northwind/module-search', { package: 'northwind/theme-plain', edition: 'open-source' }],
    })

    const told = await buyer.buys(input)

    expect(told.result).toMatchObject({ total: { amount_minor: 4900 + 7900 } })
    expect((await charges(shop)) - before).toBe(1)
  })

  test('asks the bank nothing for a free package, also of a vendor that cannot be paid yet', async ({
    shop,
    buyer,
  }) => {
    const before = await requests(shop)
    const vendor = shop.db.updateTable('vendors').where('id', '=', shop.market.vendor('northwind'))
    await vendor.set({ payable_since: null }).execute()

    const told = await buyer.buys(await wanted(shop, 'northwind/module-hello'))

    await vendor.set({ payable_since: new Date() }).execute()
    expect(told).toMatchObject({ status: 'completed', result: { total: { amount_minor: 0 } } })
    expect(told.result.licences).toMatchObject([{ outcome: 'bought', activated: true }])
    expect(told.result).toHaveProperty('auth_json')
    expect(await requests(shop)).toBe(before)
  })

  test('a dry run writes nothing anywhere and asks nobody; its quote then buys once', async ({
    shop,
    buyer,
  }) => {
    const { idempotency_key, ...input } = await wanted(shop, 'northwind/module-search')
    const [rows, asked] = [await rowCounts(shop.db), await requests(shop)]

    const dry = await buyer.call('purchase_and_install_package', { ...input, idempotency_key, dry_run: true })

    expect(await rowCounts(shop.db)).toEqual(rows)
    expect(await requests(shop)).toBe(asked)
    expect(dry).toMatchObject({
      status: 'completed',
      result: {
        quote: expect.stringMatching(/^quo_/),
        total: { amount_minor: 4900 },
        lines: [{ package: 'northwind/module-search', action: 'buy', model: 'one_time' }],
      },
    })
    expect(dry).not.toHaveProperty('operation_id')
    const { quote } = dry.result
    const told = await buyer.buys({ ...input, quote, idempotency_key })
    expect(told.error).toBeUndefined()
    const other = await wanted(shop, 'northwind/module-search', { quote })
    expect(await buyer.buys(other)).toMatchObject({ status: 'failed', error: { code: 'quote_already_used' } })
  })

  test('billing gets the licence without an activation; who may activate uses its slot, then has it', async ({
    shop,
    buyer,
  }) => {
    const billing = await shop.assistant({ name: 'billing' })
    const bought = await billing.buys({ packages: ['fabrikam/module-labels'], idempotency_key: randomUUID() })
    const before = await requests(shop)

    const input = await wanted(shop, 'fabrikam/module-labels')
    const used = await buyer.buys(input)
    const repeated = await buyer.buys({ ...input, idempotency_key: randomUUID() })

    expect(bought).toMatchObject({ status: 'completed', result: { licences: [{ activated: false }] } })
    expect(bought.result.next_step).toContain('call activate_licence')
    expect(bought.result).not.toHaveProperty('auth_json')
    const [{ id }] = bought.result.licences as [{ id: string }]
    expect(used.result).toMatchObject({
      total: { amount_minor: 0 },
      licences: [{ id, outcome: 'used_existing', activated: true }],
    })
    expect(repeated.result).toMatchObject({
      licences: [{ id, outcome: 'already_installed', activated: true }],
    })
    expect(await requests(shop)).toBe(before)
  })

  test('revokes the token it minted before for the same assistant, unless that was used', async ({
    shop,
    buyer,
  }) => {
    const { id } = await aProject(shop.market)
    const unusedTokens = () =>
      shop.db
        .selectFrom('project_tokens')
        .select('id')
        .where('project_id', '=', id)
        .where('revoked_at', 'is', null)
        .execute()
    for (const name of ['northwind/module-search', 'northwind/module-hello'])
      await buyer.buys({ packages: [name], project: id, idempotency_key: randomUUID() })
    expect(await unusedTokens()).toHaveLength(1)

    await shop.db.updateTable('project_tokens').set({ first_used_at: new Date() }).execute()
    await buyer.buys({ packages: ['northwind/theme-plain'], project: id, idempotency_key: randomUUID() })

    expect(await unusedTokens()).toHaveLength(2)
  })

  test('shows the keys to the assistant that asked and to no other', async ({ shop, buyer }) => {
    const told = await buyer.buys(await wanted(shop, 'northwind/module-hello'))
    const other = await shop.assistant()

    const seen = await other.call('get_operation', { operation_id: told.operation_id })
    const stranger = await shop.assistant({ name: 'viewer' })

    expect(seen).toMatchObject({ status: 'completed' })
    expect(seen.result).not.toHaveProperty('auth_json')
    expect(seen.result.next_step).toContain('create_project_token')
    expect(await stranger.call('get_operation', { operation_id: told.operation_id })).toMatchObject({
      isError: true,
      error: { code: 'operation_not_found' },
    })
  })
})
