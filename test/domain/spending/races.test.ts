import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { spendingSettings } from '#domain/spending'
import { inTransaction } from '#platform/transactions'
import { openDatabase } from '../../../src/platform/database.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aSpender, EUR } from '../../support/a-spender.ts'
import { aDatabase } from '../../support/database.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'

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

describe('purchases at the same time', () => {
  // in several orgs, because an org lets only one purchase at a time be opened
  test.for([
    [20, 'that a person set'],
    // more than the pool has connections
    [24, 'that a person set'],
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
