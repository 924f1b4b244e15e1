import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cancelOrder } from '#domain/orders'
import { spendingSettings } from '#domain/spending'
import { inTransaction } from '#platform/transactions'
import { openDatabase } from '../../../src/platform/database.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aSpender, EUR, HELLO, LABELS, SEARCH, STOCK } from '../../support/a-spender.ts'
import { anOpenLine } from '../../support/an-open-line.ts'
import { aDatabase } from '../../support/database.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const DEFAULTS = spendingSettings({
  currencies: ['EUR'],
  perPurchase: 100,
  perDay: 150,
  perMonth: 200,
  purchasesPerHour: 50,
})

describe('the rules of a connection', () => {
  test.for([
    ['allow a purchase that costs as much as the limit', { limits: [EUR(49)] }, [SEARCH], 'ok'],
    ['refuse a purchase above the limit', { limits: [EUR(48)] }, [SEARCH], 'spending_limit_reached'],
    ['add up all packages of a purchase', { limits: [EUR(67)] }, [SEARCH, LABELS], 'spending_limit_reached'],
    ['refuse above the limit per day', { limits: [EUR(100, 48, 100)] }, [SEARCH], 'spending_limit_reached'],
    ['refuse above the limit per month', { limits: [EUR(100, 100, 48)] }, [SEARCH], 'spending_limit_reached'],
    [
      'refuse a currency without a limit',
      { limits: [{ ...EUR(100), currency: 'USD' }] },
      [SEARCH],
      'currency_not_allowed',
    ],
    ['allow a vendor on the list', { vendors: ['northwind'] }, [SEARCH], 'ok'],
    ['refuse a vendor that is not on the list', { vendors: ['fabrikam'] }, [SEARCH], 'vendor_not_allowed'],
    [
      'refuse a purchase of which one vendor is not on the list',
      { vendors: ['northwind'] },
      [SEARCH, LABELS],
      'vendor_not_allowed',
    ],
    [
      'refuse a free package of a vendor not on the list',
      { vendors: ['fabrikam'] },
      [HELLO],
      'vendor_not_allowed',
    ],
    ['allow free packages without any limit', { limits: [] }, [HELLO], 'ok'],
    ['refuse a subscription', { subscriptions: false }, [STOCK], 'subscription_not_allowed'],
    [
      'refuse a purchase with one subscription',
      { subscriptions: false },
      [SEARCH, STOCK],
      'subscription_not_allowed',
    ],
    ['allow a package without a subscription', { subscriptions: false }, [SEARCH], 'ok'],
    ['allow a subscription', { subscriptions: true }, [STOCK], 'ok'],
  ] as const)('the rules of a connection %s', async ([, rules, packages, outcome]) => {
    const spender = await aSpender(market, { rules })

    expect(await spender.tries({ packages })).toBe(outcome)
    const orders = await database.db
      .selectFrom('orders as o')
      .innerJoin('operations as p', 'p.id', 'o.operation_id')
      .select('o.id')
      .where('p.connection_id', '=', spender.connection)
      .execute()
    expect(orders).toHaveLength(outcome === 'ok' ? 1 : 0)
  })

  test('a connection without rules has the defaults of the deployment, and other rules replace them', async () => {
    const spender = await aSpender(market, { settings: DEFAULTS })

    expect(await spender.tries({ packages: [SEARCH, STOCK] })).toBe('spending_limit_reached')
    expect(await spender.tries({ packages: [STOCK] })).toBe('ok')
    await spender.sets({ limits: [EUR(50, 1000)] })
    expect(await spender.tries({ packages: [STOCK] })).toBe('spending_limit_reached')
  })

  test('a person who buys in the browser is not limited and holds nothing', async () => {
    const { order } = await anOpenLine(market)

    const holds = database.db.selectFrom('spending_holds').select('line_id').where('order_id', '=', order)
    expect(await holds.execute()).toEqual([])
  })

  test('purchases that are not decided yet count like paid ones', async () => {
    const spender = await aSpender(market, { rules: { limits: [EUR(100, 100)] } })
    const first = await spender.orders()

    expect(await spender.used()).toEqual({ today: 49, thisMonth: 49 })
    await spender.pays(first.lines[0])
    expect(await spender.used()).toEqual({ today: 49, thisMonth: 49 })
    expect(await spender.tries()).toBe('ok')
    expect(await spender.tries({ packages: [LABELS] })).toBe('spending_limit_reached')
  })

  test('the limits of one connection do not count what another connection of the person spends', async () => {
    const one = await aSpender(market, { rules: { limits: [EUR(49)] } })
    const other = await aSpender(market, { rules: { limits: [EUR(49)] } })

    expect([await one.tries(), await other.tries(), await one.tries()]).toEqual([
      'ok',
      'ok',
      'spending_limit_reached',
    ])
  })

  test('a connection may begin as many purchases an hour as the deployment allows', async () => {
    const settings = { ...DEFAULTS, purchasesPerHour: 2 }
    const spender = await aSpender(market, { settings, rules: { limits: [EUR(1000)] } })
    const at = (time: string) => new Date(`2026-03-05T${time}Z`)

    const outcomes = [
      await spender.tries({ packages: [LABELS], at: at('10:00:00') }),
      await spender.tries({ packages: [LABELS, SEARCH], at: at('10:30:00') }),
      await spender.tries({ packages: [LABELS], at: at('10:59:59.999') }),
      await spender.tries({ packages: [HELLO], at: at('10:59:59.999') }),
      await spender.tries({ packages: [LABELS], at: at('11:00:00') }),
      await spender.tries({ packages: [LABELS], at: at('11:00:01') }),
    ]

    const [ok, no] = ['ok', 'spending_limit_reached']
    expect(outcomes).toEqual([ok, ok, no, ok, ok, no])
  })

  test('the refusal tells the limit and what is left', async () => {
    const spender = await aSpender(market, { rules: { limits: [EUR(100, 120)] } })
    await spender.orders({ packages: [STOCK] })

    const refused = spender.opens(await spender.begins())

    await expect(refused).rejects.toMatchObject({
      message:
        'This costs 49.00 EUR. The limit of the connection is 120.00 EUR per day (UTC), and 21.00 EUR is left for its next purchase.',
      params: { limit: 'per_day', most: '120.00 EUR', left: '21.00 EUR' },
    })
  })
})

describe('a hold', () => {
  test('a hold is settled by the payment of its line and released when its line is void', async () => {
    const spender = await aSpender(market)
    const { lines } = await spender.orders({ packages: [SEARCH, LABELS] })
    expect(await spender.holds()).toEqual(['held 4900', 'held 1900'])

    for (let again = 0; again < 2; again++) {
      await spender.pays(lines[0])
      await spender.declines(lines[1])
    }

    expect((await spender.holds()).sort()).toEqual(['released 1900', 'settled 4900'])
    expect(await spender.used()).toEqual({ today: 49, thisMonth: 49 })
  })

  test('a payment that comes after its line is void does not bring the hold back', async () => {
    const spender = await aSpender(market)
    const { lines } = await spender.orders()
    const payment = await spender.starts(lines[0])
    await spender.declines(lines[0])

    expect(await payment()).toBe(false)

    expect(await spender.holds()).toEqual(['released 4900'])
  })

  test('a cancelled order releases all its holds', async () => {
    const spender = await aSpender(market)
    const { operation } = await spender.orders({ packages: [SEARCH, LABELS] })

    for (let again = 0; again < 2; again++)
      await cancelOrder(database.db, { operationId: operation, at: new Date() })

    expect(await spender.holds()).toEqual(['released 4900', 'released 1900'])
    expect(await spender.used()).toEqual({ today: 0, thisMonth: 0 })
  })

  test('a repeated step and a repeated key hold once', async () => {
    const spender = await aSpender(market)
    const [key, at] = ['the-same-key', new Date()]
    const { operation } = await spender.orders({ key })

    await spender.opens(operation, { at })

    expect(await spender.holds()).toEqual(['held 4900'])
  })

  test('free packages hold nothing', async () => {
    const spender = await aSpender(market)

    await spender.orders({ packages: [HELLO] })

    expect(await spender.holds()).toEqual([])
  })
})

describe('a day and a month end at midnight UTC', () => {
  test.for([
    ['day', EUR(50, 50, 1000), '2026-03-05T23:59:59.999Z', '2026-03-06T00:00:00.000Z'],
    ['month', EUR(50, 1000, 50), '2026-02-28T23:59:59.999Z', '2026-03-01T00:00:00.000Z'],
  ] as const)(
    'a payment in the last millisecond of a %s does not count for the next one',
    async ([, limit, last, next]) => {
      const spender = await aSpender(market, { rules: { limits: [limit] } })
      const { lines } = await spender.orders({ at: new Date(last) })
      await spender.pays(lines[0], new Date(last))

      expect(await spender.tries({ at: new Date(last) })).toBe('spending_limit_reached')
      expect(await spender.tries({ at: new Date(next) })).toBe('ok')
    },
  )

  test.for([
    ['day', EUR(50, 50, 1000), '2026-03-06T00:00:00.000Z', '2026-03-06T23:59:59.999Z'],
    ['month', EUR(50, 1000, 50), '2026-03-01T00:00:00.000Z', '2026-03-31T23:59:59.999Z'],
  ] as const)(
    'a payment in the first millisecond of a %s counts until its last',
    async ([, limit, first, last]) => {
      const spender = await aSpender(market, { rules: { limits: [limit] } })
      const { lines } = await spender.orders({ at: new Date(first) })
      await spender.pays(lines[0], new Date(first))

      expect(await spender.tries({ at: new Date(last) })).toBe('spending_limit_reached')
    },
  )

  test('a purchase that waits over midnight counts on both days, and is paid on the second without a refusal', async () => {
    const spender = await aSpender(market, { rules: { limits: [EUR(150, 150, 1000)] } })
    const [evening, morning] = [new Date('2026-03-05T23:50:00Z'), new Date('2026-03-06T00:10:00Z')]
    const { operation, lines } = await spender.orders({ packages: [STOCK], at: evening })

    const later = await spender.orders({ at: morning })
    expect(await spender.tries({ packages: [LABELS], at: morning })).toBe('spending_limit_reached')
    await spender.pays(later.lines[0], morning)

    expect(await spender.rechecks(operation, lines[0], morning)).toBe('ok')
    await spender.pays(lines[0], morning)
    expect(await spender.used(morning)).toEqual({ today: 148, thisMonth: 148 })
  })

  test('the part of a purchase that was paid the day before does not count for the second day', async () => {
    const spender = await aSpender(market, { rules: { limits: [EUR(150, 150, 1000)] } })
    const [evening, morning] = [new Date('2026-03-05T23:50:00Z'), new Date('2026-03-06T00:10:00Z')]
    const { operation, lines } = await spender.orders({ packages: [STOCK, LABELS], at: evening })
    await spender.pays(lines[0], evening)
    const others = await spender.orders({ packages: [STOCK], at: morning })
    await spender.pays(others.lines[0], morning)

    expect(await spender.rechecks(operation, lines[1], morning)).toBe('ok')
  })
})

describe('the check before each charge', () => {
  test('rules that were changed meanwhile apply to a purchase that is not charged yet', async () => {
    const spender = await aSpender(market)
    const { operation, lines } = await spender.orders({ packages: [SEARCH, LABELS] })
    const check = () => spender.rechecks(operation, lines[0])

    expect(await check()).toBe('ok')
    await spender.sets({ limits: [EUR(67, 1000)] })
    expect(await check()).toBe('spending_limit_reached')
    await spender.sets({ limits: [EUR(68, 1000)] })
    expect(await check()).toBe('ok')
    await spender.sets({ limits: [EUR(68, 67, 1000)] })
    expect(await check()).toBe('spending_limit_reached')
    await spender.sets({ limits: [EUR(68, 68, 67)] })
    expect(await check()).toBe('spending_limit_reached')
    await spender.sets({ limits: [] })
    expect(await check()).toBe('currency_not_allowed')
    await spender.sets({ vendors: ['fabrikam'] })
    expect(await check()).toBe('vendor_not_allowed')
    expect(await spender.rechecks(operation, lines[1])).toBe('ok')
  })

  test('of two open purchases that no longer fit together, the earlier one may still be paid', async () => {
    const spender = await aSpender(market)
    const first = await spender.orders({ at: new Date('2026-03-05T10:00:00Z') })
    const second = await spender.orders({ at: new Date('2026-03-05T10:00:01Z') })
    await spender.sets({ limits: [EUR(49)] })
    const at = new Date('2026-03-05T10:01:00Z')

    expect(await spender.rechecks(second.operation, second.lines[0], at)).toBe('spending_limit_reached')
    expect(await spender.rechecks(first.operation, first.lines[0], at)).toBe('ok')
  })

  test('a void line no longer counts for the limit per purchase', async () => {
    const spender = await aSpender(market)
    const { operation, lines } = await spender.orders({ packages: [SEARCH, LABELS] })
    await spender.declines(lines[0])
    await spender.sets({ limits: [EUR(19)] })

    expect(await spender.rechecks(operation, lines[1])).toBe('ok')
  })
})

describe('purchases at the same time', () => {
  // in several orgs, because an org lets only one purchase at a time be opened
  test.for([
    [20, 'that a person set'],
    [50, 'that a person set'],
    [20, 'of the deployment'],
  ] as const)('%i purchases of a connection at the same time never pass a limit %s', async ([n, whose]) => {
    for (const org of OTHER_ORGS) await joins(org)
    const limits = [EUR(100, 100, 1000)]
    const settings = { defaults: { ...DEFAULTS.defaults, limits }, purchasesPerHour: 50 }
    const spender = await aSpender(
      market,
      whose === 'of the deployment' ? { settings } : { rules: { limits } },
    )
    const operations = await Promise.all(
      Array.from({ length: n }, (_, i) => spender.begins({ org: ORGS[i % ORGS.length] ?? 'acme-retail' })),
    )
    const pool = openDatabase(database.url, { max: 20 })

    let opening: Promise<string[]> = Promise.resolve([])
    await inTransaction(database.db, async (tx) => {
      // each purchase stops here after it has locked what it locks, so that the sums of all are read at the same time
      await sql`lock table spending_stops`.execute(tx)
      opening = Promise.all(
        operations.map((id) => spender.opens(id, { db: pool.db }).then(() => 'ok', codeOnly)),
      )
      await expect.poll(() => lockWaiters(database.db)).toBe(20)
    })
    const outcomes = await opening
    await pool.close()

    expect(outcomes.filter((outcome) => outcome === 'ok')).toHaveLength(2)
    expect(outcomes.filter((outcome) => outcome === 'spending_limit_reached')).toHaveLength(n - 2)
    expect(await spender.used()).toEqual({ today: 98, thisMonth: 98 })
  })

  const OTHER_ORGS = ['initech', 'umbrella', 'hooli'] as const
  const ORGS = ['acme-retail', ...OTHER_ORGS]

  /** `buyer` may buy for another org, too. */
  const joins = (slug: string) =>
    database.db
      .insertInto('org_members')
      .values({
        org_id: market.org(slug),
        customer_id: market.person('buyer'),
        role: 'owner',
        joined_at: new Date(),
      })
      .onConflict((on) => on.doNothing())
      .execute()

  const codeOnly = (error: { code?: string; message: string }) => error.code ?? error.message
})
