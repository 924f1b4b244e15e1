import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { spendPerMonth } from '#domain/invoices'
import { cancelOrder } from '#domain/orders'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aPaidOrder } from '../../support/a-paid-order.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
})
afterAll(() => database.close())

describe('what an org spent per month', () => {
  test('an order that is taken back after its invoice is no more in the sum of its month', async () => {
    const at = new Date('2041-05-05T10:00:00Z')
    const [kept, takenBack] = [await aPaidOrder(market, { at }), await aPaidOrder(market, { at })]
    const later = await aPaidOrder(market, { at: new Date('2041-06-05T10:00:00Z') })
    for (const each of [kept, takenBack, later]) await each.close()
    const spent = () =>
      spendPerMonth(database.db, { org: kept.org, months: 2, at: new Date('2041-06-30T10:00:00Z') })
    const month = (name: string, amountMinor: number) => ({
      month: name,
      total: { amountMinor, currency: 'EUR' },
    })
    expect(await spent()).toEqual([month('2041-05', 9800), month('2041-06', 4900)])

    for (const { operation: operationId } of [takenBack, later])
      await cancelOrder(database.db, { operationId, at })

    expect(await spent()).toEqual([month('2041-05', 4900)])
  })
})
