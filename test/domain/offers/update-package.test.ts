import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { purchaseAndInstallPackage } from '#contracts/purchase-and-install-package'
import { findCharge } from '#domain/billing'
import { quotePurchase } from '#domain/cart'
import { findPublicPackage } from '#domain/catalogue'
import { operationsOn } from '#domain/operations'
import { updatePackage } from '#domain/offers'
import { openOrder } from '#domain/orders'
import { mintId } from '#kernel/ids'
import { inTransaction } from '#platform/transactions'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { auditOf } from '../../support/a-member.ts'
import { eur, offersIn } from '../../support/an-offer.ts'
import { anOpenLine } from '../../support/an-open-line.ts'
import { aDatabase } from '../../support/database.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'
import { NO_SPENDING_LIMITS } from '../../support/spending.ts'
import { noTemporal } from '../../support/no-temporal.ts'

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
const HELLO = 'northwind/module-hello'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let offers: ReturnType<typeof offersIn>
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  offers = offersIn(market)
})
afterAll(() => database.close())

const rowOf = (name: string) =>
  database.db
    .selectFrom('packages')
    .select(['title', 'summary', 'offer_revision as revision'])
    .where('name', '=', name)
    .executeTakeFirstOrThrow()
const pricesOf = async (name: string) => (await findPublicPackage(database.db, name))?.prices
const updatesOf = async () =>
  (await auditOf(database.db, market.org('northwind'))).filter(({ action }) => action === 'update_package')
const codeOf = (attempt: Promise<unknown>) =>
  attempt.then(
    () => undefined,
    (error: { code: string }) => error.code,
  )

describe('a vendor changes texts and prices', () => {
  test('a change is stored once per key, replaces all prices, and is audited with old and new', async () => {
    const key = randomUUID()
    const change = {
      package: HELLO,
      title: ' Hello again ',
      prices: [eur(9_900, { edition: 'commerce', model: 'yearly' }), eur(0, { model: 'free' })],
    }

    const first = await offers.update(change, key)
    const again = await offers.update({ ...change, title: 'Hello again' }, key)

    expect(first).toMatchObject({ changed: ['title', 'prices'], revision: 1, visibility: 'public' })
    expect(again).toEqual({ ...first, replayed: true })
    expect(await rowOf(HELLO)).toMatchObject({ title: 'Hello again', revision: 1 })
    expect(await pricesOf(HELLO)).toEqual([
      eur(0, { model: 'free' }),
      eur(9_900, { edition: 'commerce', model: 'yearly' }),
    ])
    expect(await updatesOf()).toMatchObject([
      {
        outcome: 'done',
        customer: market.person('vendor'),
        object: market.package(HELLO),
        detail: {
          changed: 'title prices',
          title_before: 'Northwind Hello',
          title_after: 'Hello again',
          prices_before: 'open-source free 0.00 EUR; commerce free 0.00 EUR; commerce-cloud free 0.00 EUR',
          prices_after: 'open-source free 0.00 EUR; commerce yearly 99.00 EUR',
        },
      },
    ])
    expect(await codeOf(offers.update({ ...change, title: 'Other' }, key))).toBe('idempotency_key_reused')
  })

  test('a change to the current values does not count as a change', async () => {
    const { revision } = await rowOf(SEARCH)

    const result = await offers.update({ package: SEARCH, title: 'Northwind Search' })

    expect(result).toMatchObject({ changed: [], revision })
    expect(await rowOf(SEARCH)).toMatchObject({ revision })
  })

  test.for([
    ['price_invalid', [eur(-1)]],
    ['price_invalid', [eur(0)]],
    ['price_invalid', [eur(49)]],
    ['price_invalid', [eur(100_000_000)]],
    ['price_invalid', [eur(99.5)]],
    ['price_invalid', [eur(100, { model: 'free' })]],
    ['price_invalid', [eur(100), eur(200)]],
    ['price_invalid', [eur(10, { currency: 'JPY' })]],
    ['currency_not_settled', [eur(100, { currency: 'CHF' })]],
    ['currency_not_settled', [eur(100, { currency: 'eur' })]],
    ['currency_not_settled', [eur(5_120, { currency: 'KWD' })]],
    ['prices_mixed', [eur(100), eur(100, { edition: 'commerce', currency: 'USD' })]],
    ['prices_mixed', [eur(100), eur(100, { edition: 'commerce', model: 'yearly' })]],
    ['public_package_needs_price', []],
  ] as const)('prices are refused with %s and change nothing: %j', async ([code, prices]) => {
    const [before, key] = [await pricesOf(SEARCH), randomUUID()]

    expect(await codeOf(offers.update({ package: SEARCH, prices }, key))).toBe(code)

    expect(await pricesOf(SEARCH)).toEqual(before)
    expect(await offers.update({ package: SEARCH, title: 'Northwind Search' }, key)).not.toHaveProperty(
      'replayed',
    )
  })

  test.for([
    ['title_invalid', { title: ' ' }],
    ['title_invalid', { title: 'x'.repeat(101) }],
    ['title_invalid', { title: 'a\u202Eb' }],
    ['summary_invalid', { summary: 'two\nlines' }],
    ['summary_invalid', { summary: '<b>bold</b>' }],
    ['invalid_input', {}],
    ['package_changed', { title: 'X', revision: 99 }],
  ])('a change is refused with %s: %j', async ([code, change]) => {
    expect(await codeOf(offers.update({ package: SEARCH, ...(change as object) }))).toBe(code)
  })

  test('a package of another org is not found', async () => {
    expect(await codeOf(offers.update({ package: 'contoso/none', title: 'X' }))).toBe('package_not_found')
    const foreign = { ...(await offers.asVendor()), org: await market.access('buyer', 'acme-retail') }
    const update = { package: SEARCH, title: 'X' }
    const asBuyer = { ...foreign, caller: market.caller('buyer'), update, currencies: ['EUR'] }
    expect(await codeOf(updatePackage(database.db, asBuyer))).toBe('package_not_found')
  })
})

describe('two changes of a package at once', () => {
  /** Holds the package while `attempts` start, and then lets them go on. */
  async function whileLocked<T>(attempts: readonly (() => Promise<T>)[], meanwhile = async () => {}) {
    let late: Promise<PromiseSettledResult<T>[]> | undefined
    await inTransaction(database.db, async (tx) => {
      await tx.selectFrom('packages').select('id').where('name', '=', SEARCH).forUpdate().execute()
      late = Promise.allSettled(attempts.map((attempt) => attempt()))
      await expect.poll(() => lockWaiters(database.db)).toBe(attempts.length)
      await meanwhile()
    })
    return late as Promise<PromiseSettledResult<T>[]>
  }

  test('of two people who saw the same revision, the second is refused', async () => {
    const { revision } = await rowOf(SEARCH)

    const both = await whileLocked(
      ['One', 'Two'].map((title) => () => offers.update({ package: SEARCH, title, revision })),
    )

    const [lost] = both.filter((each) => each.status === 'rejected')
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(lost?.reason).toMatchObject({ code: 'package_changed' })
    expect(await rowOf(SEARCH)).toMatchObject({ revision: revision + 1 })
  })

  test('two calls with one key change the package once', async () => {
    const { revision } = await rowOf(SEARCH)
    const key = randomUUID()

    const both = await Promise.all(
      [1, 2].map(() => offers.update({ package: SEARCH, title: 'Northwind Search' }, key)),
    )

    expect(both.filter((each) => 'replayed' in each)).toHaveLength(1)
    expect(await rowOf(SEARCH)).toMatchObject({ revision: revision + 1 })
  })

  test('a person who loses the role while the change waits changes nothing', async () => {
    const before = await rowOf(SEARCH)
    const member = database.db
      .updateTable('org_members')
      .where('org_id', '=', market.org('northwind'))
      .where('customer_id', '=', market.person('vendor'))

    const [late] = await whileLocked([() => offers.update({ package: SEARCH, title: 'Late' })], async () => {
      await member.set({ role: 'developer' }).execute()
    })
    await member.set({ role: 'owner' }).execute()

    expect(late).toMatchObject({ reason: { code: 'not_allowed' } })
    expect(await rowOf(SEARCH)).toEqual(before)
  })
})

describe('a new price', () => {
  const quoteKey = Buffer.alloc(32)
  const operations = () => operationsOn({ db: database.db, ...noTemporal })

  test('an open quote is never charged at another price: it is refused, and is valid again when its price is set again', async () => {
    const { db } = database
    const { id: project } = await aProject(market)
    const org = await market.access('buyer', 'acme-retail')
    const input = { packages: [STOCK], project }
    const { quote } = await quotePurchase(db, { org, input, at: new Date(), quoteKey })
    const buys = async () => {
      const at = new Date()
      const asked = { key: randomUUID(), caller: market.caller('buyer'), org, at }
      const { operation } = await operations().startOrJoin(purchaseAndInstallPackage, {
        ...asked,
        input: { ...input, quote },
      })
      const orderId = mintId('ord', at, Math.random)
      const opening = { operationId: operation.id, orderId, quoteKey, at }
      return openOrder(db, { ...opening, spending: NO_SPENDING_LIMITS })
    }
    const before = (await pricesOf(STOCK)) ?? []

    await offers.update({ package: STOCK, prices: [eur(12_300, { model: before[0]?.model ?? 'yearly' })] })
    expect(await codeOf(buys())).toBe('price_changed')
    await offers.update({ package: STOCK, prices: before })
    expect((await buys()).total).toEqual({ amountMinor: before[0]?.amountMinor, currency: 'EUR' })
  })

  test('an open order, its charge and a licence keep the price at which they were made', async () => {
    const { db } = database
    const open = await anOpenLine(market)
    const licence = await aLicence(market, { package: SEARCH })
    const terms = () =>
      db
        .selectFrom('order_items')
        .select(['line_id', 'price_amount', 'model'])
        .where('line_id', 'in', [open.line, licence.line])
        .orderBy('line_id')
        .execute()
    const before = await terms()

    await offers.update({ package: SEARCH, prices: [eur(1, { model: 'free', amountMinor: 0 })] })

    expect(await terms()).toEqual(before)
    expect(await findCharge(db, open.line)).toMatchObject({ amount: open.charge.amount })
  })
})
