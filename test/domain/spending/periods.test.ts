import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aSpender, EUR, LABELS, STOCK } from '../../support/a-spender.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

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
    'a payment in the first millisecond of a %s counts until the last millisecond',
    async ([, limit, first, last]) => {
      const spender = await aSpender(market, { rules: { limits: [limit] } })
      const { lines } = await spender.orders({ at: new Date(first) })
      await spender.pays(lines[0], new Date(first))

      expect(await spender.tries({ at: new Date(last) })).toBe('spending_limit_reached')
    },
  )

  test('a purchase that waits over midnight counts on both days, and can be paid on the second day', async () => {
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
