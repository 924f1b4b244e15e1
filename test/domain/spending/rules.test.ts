import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { spendingSettings } from '#domain/spending'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aSpender, EUR, HELLO, LABELS, SEARCH, STOCK } from '../../support/a-spender.ts'
import { anOpenLine } from '../../support/an-open-line.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
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

  test('a refusal by a limit names the limit and what is left', async () => {
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
