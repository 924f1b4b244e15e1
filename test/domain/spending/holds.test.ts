import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { cancelOrder } from '#domain/orders'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aSpender, EUR, HELLO, LABELS, SEARCH } from '../../support/a-spender.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

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

  test('a payment after its line is void does not make the hold open again', async () => {
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

  test('a repeated step and a repeated idempotency key hold the amount once', async () => {
    const spender = await aSpender(market)
    const [key, at] = ['the-same-key', new Date()]
    const { operation } = await spender.orders({ key })

    await spender.opens(operation, { at })

    expect(await spender.holds()).toEqual(['held 4900'])
  })

  test('the database refuses a hold of another amount than its line, and one that ended without a time', async () => {
    const spender = await aSpender(market)
    const { lines } = await spender.orders()
    const hold = database.db.updateTable('spending_holds').where('line_id', '=', lines[0] ?? 'lin_')

    await expect(hold.set({ amount: 100 }).execute()).rejects.toThrow('foreign key')
    await expect(hold.set({ currency: 'USD' }).execute()).rejects.toThrow('foreign key')
    await expect(hold.set({ state: 'released' }).execute()).rejects.toThrow('spending_holds_check')
    await expect(hold.set({ ended_at: new Date() }).execute()).rejects.toThrow('spending_holds_check')
  })

  test('free packages hold nothing', async () => {
    const spender = await aSpender(market)

    await spender.orders({ packages: [HELLO] })

    expect(await spender.holds()).toEqual([])
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

  test('when two open purchases together exceed a lowered limit, the earlier one may still be paid', async () => {
    const spender = await aSpender(market)
    const first = await spender.orders({ at: new Date('2026-03-05T10:00:00Z') })
    const second = await spender.orders({ at: new Date('2026-03-05T10:00:01Z') })
    await spender.sets({ limits: [EUR(49)] })
    const at = new Date('2026-03-05T10:01:00Z')

    expect(await spender.rechecks(second.operation, second.lines[0], at)).toBe('spending_limit_reached')
    expect(await spender.rechecks(first.operation, first.lines[0], at)).toBe('ok')
  })

  test('the cost of the other lines of an order does not cause a refusal of its free line', async () => {
    const spender = await aSpender(market)
    const { operation, lines } = await spender.orders({ packages: [LABELS, HELLO] })
    await spender.pays(lines[0])
    await spender.sets({ limits: [EUR(1)] })

    expect(await spender.rechecks(operation, lines[1])).toBe('ok')
    await spender.sets({ vendors: ['fabrikam'] })
    expect(await spender.rechecks(operation, lines[1])).toBe('vendor_not_allowed')
  })

  test('a void line no longer counts for the limit per purchase', async () => {
    const spender = await aSpender(market)
    const { operation, lines } = await spender.orders({ packages: [SEARCH, LABELS] })
    await spender.declines(lines[0])
    await spender.sets({ limits: [EUR(19)] })

    expect(await spender.rechecks(operation, lines[1])).toBe('ok')
  })
})
