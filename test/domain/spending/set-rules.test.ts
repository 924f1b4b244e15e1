import { afterAll, beforeAll, expect, test } from 'vitest'
import { revokeConnection } from '#domain/connections'
import {
  setRulesIn,
  setSpendingRules,
  spendingOf,
  type SpendingOverview,
  type SpendingRules,
} from '#domain/spending'
import { inTransaction } from '#platform/transactions'
import { aMarket, type Market } from '../../support/a-market.ts'
import { auditOf } from '../../support/a-member.ts'
import { aSpender, codeOf, EUR } from '../../support/a-spender.ts'
import { aDatabase } from '../../support/database.ts'
import { NO_SPENDING_LIMITS } from '../../support/spending.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const at = new Date('2026-03-05T10:00:00Z')
const RULES: SpendingRules = {
  limits: [EUR(10, 20, 30), { currency: 'JPY', perPurchase: 500, perDay: 600, perMonth: 700 }],
  vendors: ['northwind'],
  subscriptions: false,
}
const rulesOf = (connection: `con_${string}`): Promise<SpendingOverview> =>
  spendingOf(database.db, { connection, settings: NO_SPENDING_LIMITS, at })

test('rules that a person sets replace all earlier rules of the connection', async () => {
  const { connection, sets } = await aSpender(market)
  const by = market.person('buyer')
  expect(await rulesOf(connection)).toMatchObject({ isDefault: true, rules: NO_SPENDING_LIMITS.defaults })

  await setSpendingRules(database.db, { connection, by, rules: RULES, at })
  expect(await rulesOf(connection)).toMatchObject({ isDefault: false, rules: RULES })
  await sets({ limits: [EUR(5)], vendors: 'all', subscriptions: true })

  expect(await rulesOf(connection)).toEqual({
    isDefault: false,
    rules: { limits: [EUR(5)], vendors: 'all', subscriptions: true },
    currencies: [
      {
        limit: EUR(5),
        usedToday: 0,
        usedThisMonth: 0,
        left: { nextPurchase: 500, today: 500, thisMonth: 500 },
      },
    ],
  })
})

test('rules may be set in the transaction that creates the connection, and are rolled back with it', async () => {
  const { connection } = await aSpender(market)
  const change = { connection, by: market.person('buyer'), rules: RULES, at }

  const failing = inTransaction(database.db, async (tx) => {
    await setRulesIn(tx, change)
    throw new Error('the consent failed')
  })

  await expect(failing).rejects.toThrow('the consent failed')
  expect(await rulesOf(connection)).toMatchObject({ isDefault: true })
  await inTransaction(database.db, (tx) => setRulesIn(tx, change))
  expect(await rulesOf(connection)).toMatchObject({ rules: RULES })
})

test('only the person of a connection may set its rules, while it is not revoked', async () => {
  const { db } = database
  const { connection } = await aSpender(market)
  const sets = (by: string, rules = RULES) =>
    codeOf(setSpendingRules(db, { connection, by: market.person(by), rules, at }))

  expect(await sets('billing')).toBe('connection_not_found')
  expect(await sets('buyer', { ...RULES, vendors: ['northwind', 'nobody'] })).toBe('vendor_not_found')
  expect(await sets('buyer')).toBe('ok')
  await revokeConnection(db, { id: connection, reason: 'the person revoked it', at })
  expect(await sets('buyer')).toBe('connection_not_found')
})

test('a change of the rules is audited with its limits, and a refused one changes nothing', async () => {
  const { connection } = await aSpender(market)
  const org = market.org('acme-retail')
  const before = (await auditOf(database.db, org)).length
  const change = { connection, by: market.person('buyer'), at, request: 'req_1' }

  await codeOf(setSpendingRules(database.db, { ...change, rules: { ...RULES, vendors: ['nobody'] } }))
  await setSpendingRules(database.db, { ...change, rules: RULES })

  expect((await auditOf(database.db, org)).slice(before)).toMatchObject([
    {
      action: 'set_spending_rules',
      outcome: 'done',
      customer: market.person('buyer'),
      object: connection,
      request: 'req_1',
      detail: {
        limits: 'EUR 10.00/20.00/30.00, JPY 500/600/700',
        vendors: 'northwind',
        subscriptions: false,
      },
    },
  ])
})

test('setting the same rules again is not audited, whatever their order', async () => {
  const { connection } = await aSpender(market)
  const org = market.org('acme-retail')
  const rules = { ...RULES, vendors: ['northwind', 'fabrikam'] }
  const sets = (wanted: SpendingRules) =>
    setSpendingRules(database.db, { connection, by: market.person('buyer'), rules: wanted, at })
  await sets(rules)
  const before = (await auditOf(database.db, org)).length

  await sets(rules)
  await sets({
    ...rules,
    limits: rules.limits.toReversed(),
    vendors: rules.vendors.toReversed(),
  })
  const same = (await auditOf(database.db, org)).length
  await sets({ ...rules, limits: [EUR(10, 20, 31)] })

  expect([same, (await auditOf(database.db, org)).length]).toEqual([before, before + 1])
})
