import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { revokeConnection } from '#domain/connections'
import { aProject } from '../support/a-market.ts'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { refusalTest } from '../support/a-refused-purchase.ts'
import { justBefore } from '../support/faults.ts'

const SEARCH = { packages: ['northwind/module-search'] as [string] }

const test = refusalTest()

describe.skipIf(!timeSkippingServer)('a purchase that is refused', () => {
  test('a purchase with a declined card is refused', async ({ shop, refused }) => {
    const response = await refused(
      SEARCH,
      await shop.assistant({ name: 'declined', org: 'umbrella' }),
      'umbrella',
    )

    expect(response).toMatchObject({ status: 'failed', error: { code: 'card_declined' } })
  })

  const umbrella = (shop: Shop) =>
    shop.db
      .selectFrom('payment_methods')
      .select(['id', 'stripe_payment_method_id as atBank'])
      .where('org_id', '=', shop.market.org('umbrella'))
      .executeTakeFirstOrThrow()

  test.for([
    [{ decline_code: 'insufficient_funds' }, 'insufficient_funds'],
    [{ code: 'expired_card', decline_code: 'expired_card' }, 'card_expired'],
    [{ code: 'incorrect_cvc', decline_code: 'incorrect_cvc' }, 'card_check_failed'],
    [{ decline_code: 'do_not_honor' }, 'card_declined'],
  ] as const)(
    'a purchase is refused when the bank declines the card with %j',
    async ([decline, code], { shop, refused }) => {
      const { id, atBank } = await umbrella(shop)
      await shop.bank.sim(`payment_methods/${atBank}`, { answer: 'decline', ...decline })
      const response = await refused(
        SEARCH,
        await shop.assistant({ name: 'declined', org: 'umbrella' }),
        'umbrella',
      )

      expect(response).toMatchObject({ status: 'failed', error: { code } })
      expect(response.error.next_step).toContain('start_add_payment_method')
      // the bank may have advised not to try the card again
      await shop.db
        .updateTable('payment_methods')
        .set({ refused_at: null, default_since: new Date() })
        .where('id', '=', id)
        .execute()
    },
  )

  test('a purchase with a lost card is refused as declined, and the card is never charged again', async ({
    shop,
    refused,
  }) => {
    const { id, atBank } = await umbrella(shop)
    const lost = { answer: 'decline', decline_code: 'lost_card', advice_code: 'do_not_try_again' }
    await shop.bank.sim(`payment_methods/${atBank}`, lost)
    const assistant = await shop.assistant({ name: 'declined', org: 'umbrella' })

    expect(await refused(SEARCH, assistant, 'umbrella')).toMatchObject({ error: { code: 'card_declined' } })
    const before = (await shop.bank.requests()).length
    const named = await refused({ ...SEARCH, payment_method: id }, assistant, 'umbrella')

    expect(named).toMatchObject({ status: 'failed', error: { code: 'payment_method_refused' } })
    expect((await shop.bank.requests()).length).toBe(before)
    expect(await assistant.call('list_payment_methods', {})).toMatchObject({
      items: [{ id, is_refused: true, is_default: false }],
    })
  })

  test.for([
    [{ packages: ['northwind/module-nowhere'] }, 'package_not_found'],
    [{ packages: ['northwind/module-core'] }, 'package_not_for_sale'],
    [{ packages: [{ package: 'northwind/theme-plain', edition: 'commerce-cloud' }] }, 'edition_not_sold'],
    [{ ...SEARCH, project: 'no-such-shop' }, 'project_not_found'],
    [{ ...SEARCH, payment_method: 'pmt_01JD00000000000000000000AA' }, 'payment_method_not_found'],
    [{ ...SEARCH, quote: `quo_t0000_${'0'.repeat(12)}_${'0'.repeat(32)}` }, 'quote_expired'],
  ] as const)('a purchase with %j is refused as %s', async ([input, code], { refused }) => {
    expect((await refused(input)).error).toMatchObject({ code })
  })

  test.for([
    { packages: ['northwind/module-search', 'northwind/module-search'] },
    { ...SEARCH, new_project: { name: 'One too many' } },
    { ...SEARCH, quote: 'quo_made_up' },
  ])(
    'a purchase with the invalid input %j starts no operation, and its key stays free',
    async (input, { refused }) => {
      const idempotency_key = randomUUID()

      const response = await refused({ ...input, idempotency_key })
      const after = await refused({ packages: ['northwind/module-nowhere'], idempotency_key })

      expect(response.error).toMatchObject({ code: 'quote' in input ? 'quote_malformed' : 'invalid_input' })
      expect(response).not.toHaveProperty('operation_id')
      expect(after.error).toMatchObject({ code: 'package_not_found' })
    },
  )

  test('a purchase is refused when the price rose after the quote', async ({ shop, buyer }) => {
    const { id: project } = await aProject(shop.market)
    const input = { ...SEARCH, project, idempotency_key: randomUUID() }
    const { result } = await buyer.call('purchase_and_install_package', { ...input, dry_run: true })
    const prices = shop.db
      .updateTable('package_prices')
      .where('package_id', '=', shop.market.package('northwind/module-search'))
      .where('edition', '=', 'open-source')
    await prices.set({ amount: 5900 }).execute()

    const response = await buyer.buys({ ...input, quote: result.quote })

    await prices.set({ amount: 4900 }).execute()
    expect(response).toMatchObject({ status: 'failed', error: { code: 'price_changed' } })
    expect(response.error.next_step).toContain('59.00 EUR')
  })

  test('a purchase of a withdrawn package, or from a vendor without finished onboarding, is refused', async ({
    shop,
    refused,
  }) => {
    const search = shop.market.package('northwind/module-search')
    const pack = shop.db.updateTable('packages').where('id', '=', search)
    await pack.set({ withdrawn_at: new Date() }).execute()
    expect((await refused(SEARCH)).error).toMatchObject({ code: 'package_not_for_sale' })
    await pack.set({ withdrawn_at: null }).execute()
    const vendor = shop.db.updateTable('vendors').where('id', '=', shop.market.vendor('northwind'))
    await vendor.set({ payable_since: null }).execute()
    expect((await refused(SEARCH)).error).toMatchObject({ code: 'vendor_not_ready' })
    await vendor.set({ payable_since: new Date() }).execute()
  })

  test('a purchase for an archived project, or of packages in two currencies, is refused', async ({
    shop,
    refused,
  }) => {
    const { id } = await aProject(shop.market)
    await shop.db.updateTable('projects').set({ archived_at: new Date() }).where('id', '=', id).execute()
    expect((await refused({ ...SEARCH, project: id })).error).toMatchObject({ code: 'project_archived' })
    const price = shop.db
      .updateTable('package_prices')
      .where('package_id', '=', shop.market.package('northwind/theme-plain'))
    await price.set({ currency: 'USD' }).execute()
    const mixed = { packages: ['northwind/module-search', 'northwind/theme-plain'] }
    expect((await refused(mixed)).error).toMatchObject({ code: 'mixed_currencies' })
    await price.set({ currency: 'EUR' }).execute()
  })

  test.for(['developer', 'viewer'] as const)(
    'a purchase by the role %s is refused',
    async (name, { shop, refused }) => {
      const response = await refused(SEARCH, await shop.assistant({ name }))

      expect(response.error).toMatchObject({ code: 'not_allowed' })
      expect(response).not.toHaveProperty('operation_id')
    },
  )

  test.for(['recheckPurchase', 'openOrder'] as const)(
    'a purchase is refused when the buyer loses the role just before %s',
    async (step, { shop, refused }) => {
      const who = { org_id: shop.market.org('acme-retail'), customer_id: shop.market.person('billing') }
      const billing = await shop.assistant({ name: 'billing' })
      const member = shop.db
        .updateTable('org_members')
        .where('org_id', '=', who.org_id)
        .where('customer_id', '=', who.customer_id)
      shop.breaks(justBefore(step, () => member.set({ role: 'viewer' }).execute()))

      const response = await refused(SEARCH, billing)

      await member.set({ role: 'billing' }).execute()
      expect(response).toMatchObject({ status: 'failed', error: { code: 'not_allowed' } })
    },
  )

  test.for([
    ['its package was withdrawn', 'packages', { withdrawn_at: new Date() }, 'package_not_for_sale'],
    ['its vendor was suspended', 'vendors', { suspended_at: new Date() }, 'package_not_for_sale'],
    ['its vendor can no longer be paid', 'vendors', { payable_since: null }, 'vendor_not_ready'],
  ] as const)(
    'a purchase is not charged when %s after the order',
    async ([, table, change, code], { shop, refused }) => {
      const id =
        table === 'vendors' ? shop.market.vendor('northwind') : shop.market.package(SEARCH.packages[0])
      const set = (values: object) =>
        shop.db
          .updateTable(table)
          .set(values)
          .where('id', '=', id as never)
          .execute()
      shop.breaks(justBefore('recheckPurchase', () => set(change)))
      const before = await posts(shop)

      const response = await refused(SEARCH)

      await set('payable_since' in change ? { payable_since: new Date() } : noneOf(change))
      expect(response).toMatchObject({ status: 'failed', error: { code } })
      expect(await posts(shop)).toBe(before)
    },
  )

  const noneOf = (change: object) => Object.fromEntries(Object.keys(change).map((column) => [column, null]))
  /** The number of requests to the bank that can change something. */
  const posts = async (shop: Shop) =>
    (await shop.bank.requests()).filter(({ method }) => method === 'POST').length

  test('a purchase fails when its connection is revoked between the order and the charge', async ({
    shop,
    buyer,
  }) => {
    const assistant = await shop.assistant()
    const { id: project } = await aProject(shop.market)
    const { connection } = assistant
    const revoked = { id: connection, reason: 'test', at: new Date() }
    shop.breaks(justBefore('recheckPurchase', () => revokeConnection(shop.db, revoked)))

    await assistant.call('purchase_and_install_package', {
      ...SEARCH,
      project,
      idempotency_key: 'a-lost-one',
    })
    const response = await buyer.call('list_operations', { limit: 1 })

    expect(response).toMatchObject({ items: [{ status: 'failed' }] })
  })

  test('a purchase with a used key and another input is refused', async ({ refused }) => {
    const idempotency_key = randomUUID()
    const first = await refused({ packages: ['northwind/module-nowhere'], idempotency_key })

    const other = await refused({ ...SEARCH, idempotency_key })

    expect(first.error).toMatchObject({ code: 'package_not_found' })
    expect(other.error).toMatchObject({ code: 'idempotency_key_reused' })
  })
})
