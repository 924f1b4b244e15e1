import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { rowCounts } from '../support/ledger-mismatches.ts'

const test = storyTest()

describe.skipIf(!timeSkippingServer)('buying and installing', () => {
  /** The input for one package on a new project. */
  async function wanted(shop: Shop, name: string, more: Record<string, unknown> = {}) {
    const { id } = await aProject(shop.market)
    return { packages: [name], project: id, idempotency_key: randomUUID(), ...more }
  }
  const charges = async (shop: Shop) => (await shop.bank.money()).totals.succeeded_charges
  const requests = async (shop: Shop) => (await shop.bank.requests()).length

  test('a purchase charges the saved card once and returns what Composer needs', async ({ shop, buyer }) => {
    const before = await charges(shop)
    const input = await wanted(shop, 'northwind/module-search')

    const response = await buyer.buys(input)

    expect(response).toMatchObject({
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
    expect(response.result.composer_commands).toContain('composer require northwind/module-search')
    expect((await charges(shop)) - before).toBe(1)
    const steps = await shop.db
      .selectFrom('operation_steps')
      .select(['name', 'status'])
      .where('operation_id', '=', response.operation_id)
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

  test('a purchase is charged once when its key is sent ten times at once and again afterwards', async ({
    shop,
    buyer,
  }) => {
    const before = await charges(shop)
    const input = await wanted(shop, 'northwind/module-search')

    const responses = await Promise.all(Array.from({ length: 10 }, () => buyer.buys(input)))
    const again = await buyer.buys(input)

    expect(new Set([...responses, again].map(({ operation_id }) => operation_id)).size).toBe(1)
    expect(new Set([...responses, again].map(({ status }) => status))).toEqual(new Set(['completed']))
    expect(again).toMatchObject({ replayed: true })
    expect(again.result).toEqual(responses[0]?.result)
    expect((await charges(shop)) - before).toBe(1)
  })

  test('a yearly licence is valid for exactly a year, on a new project', async ({ shop, buyer }) => {
    const response = await buyer.buys({
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
    expect(response.result).toMatchObject({
      project: expect.stringMatching(/^prj_/),
      licences: [{ id: licence.id, valid_until: aYearOn.toISOString() }],
    })
    const listed = await buyer.call('list_projects', {})
    expect(listed).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ slug: 'spring-shop' })]),
    })
  })

  test('several packages of one vendor are bought with one charge', async ({ shop, buyer }) => {
    const before = await charges(shop)
    const input = await wanted(shop, 'northwind/module-search', {
      packages: ['northwind/module-search', { package: 'northwind/theme-plain', edition: 'open-source' }],
    })

    const response = await buyer.buys(input)

    expect(response.result).toMatchObject({ total: { amount_minor: 4900 + 7900 } })
    expect((await charges(shop)) - before).toBe(1)
  })

  test('a free package sends no request to the bank, even when its vendor cannot be paid yet', async ({
    shop,
    buyer,
  }) => {
    const before = await requests(shop)
    const vendor = shop.db.updateTable('vendors').where('id', '=', shop.market.vendor('northwind'))
    await vendor.set({ payable_since: null }).execute()

    const response = await buyer.buys(await wanted(shop, 'northwind/module-hello'))

    await vendor.set({ payable_since: new Date() }).execute()
    expect(response).toMatchObject({ status: 'completed', result: { total: { amount_minor: 0 } } })
    expect(response.result.licences).toMatchObject([{ outcome: 'bought', activated: true }])
    expect(response.result).toHaveProperty('auth_json')
    expect(await requests(shop)).toBe(before)
  })

  test('a dry run writes nothing and sends no request to the bank, and its quote can be used once', async ({
    shop,
    buyer,
  }) => {
    const { idempotency_key, ...input } = await wanted(shop, 'northwind/module-search')
    const [rows, requestsBefore] = [await rowCounts(shop.db), await requests(shop)]

    const dry = await buyer.call('purchase_and_install_package', { ...input, idempotency_key, dry_run: true })

    expect(await rowCounts(shop.db)).toEqual(rows)
    expect(await requests(shop)).toBe(requestsBefore)
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
    const response = await buyer.buys({ ...input, quote, idempotency_key })
    expect(response.error).toBeUndefined()
    const other = await wanted(shop, 'northwind/module-search', { quote })
    expect(await buyer.buys(other)).toMatchObject({ status: 'failed', error: { code: 'quote_already_used' } })
  })

  test('a licence that the role billing bought is not activated, and a later purchase of another role uses it', async ({
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

  test('a purchase revokes the earlier token of the same assistant, unless that token was used', async ({
    shop,
    buyer,
  }) => {
    const { id } = await aProject(shop.market)
    const unusedTokens = () =>
      shop.db
        .selectFrom('project_tokens')
        .select('id')
        .where('project_id', '=', id)
        .where('ends_if_unused', '=', false)
        .where('revoked_at', 'is', null)
        .execute()
    for (const name of ['northwind/module-search', 'northwind/module-hello'])
      await buyer.buys({ packages: [name], project: id, idempotency_key: randomUUID() })
    expect(await unusedTokens()).toHaveLength(1)

    await shop.db.updateTable('project_tokens').set({ first_used_at: new Date() }).execute()
    await buyer.buys({ packages: ['northwind/theme-plain'], project: id, idempotency_key: randomUUID() })

    expect(await unusedTokens()).toHaveLength(2)
  })

  test('a purchase shows its keys only to the assistant that started it', async ({ shop, buyer }) => {
    const response = await buyer.buys(await wanted(shop, 'northwind/module-hello'))
    const other = await shop.assistant()

    const seen = await other.call('get_operation', { operation_id: response.operation_id })
    const viewer = await shop.assistant({ name: 'viewer' })

    expect(seen).toMatchObject({ status: 'completed' })
    expect(seen.result).not.toHaveProperty('auth_json')
    expect(seen.result.next_step).toContain('create_project_token')
    expect(await viewer.call('get_operation', { operation_id: response.operation_id })).toMatchObject({
      isError: true,
      error: { code: 'operation_not_found' },
    })
  })
})
