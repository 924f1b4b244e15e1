import { afterAll, beforeAll, expect, test } from 'vitest'
import { addMember, lockOrg, setRole } from '#domain/orgs'
import { setKillSwitch, spendingStoppedSince } from '#domain/spending'
import { inTransaction } from '#platform/transactions'
import { aMarket, type Market } from '../../support/a-market.ts'
import { auditOf } from '../../support/a-member.ts'
import { aSpender, codeOf, EUR, HELLO, LABELS, SEARCH } from '../../support/a-spender.ts'
import { anOpenLine } from '../../support/an-open-line.ts'
import { raceAfter, somebody } from '../../support/a-team.ts'
import { aDatabase } from '../../support/database.ts'

const at = new Date()

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  // the demo market has no admin
  await addMember(database.db, {
    org: market.org('acme-retail'),
    customer: market.person('vendor'),
    role: 'admin',
    at,
  })
})
afterAll(() => database.close())

const turn = (on: boolean, by = 'buyer') =>
  setKillSwitch(database.db, { org: market.org('acme-retail'), by: market.person(by), on, at })

test('while the assistants of an org are stopped, they buy nothing, and open purchases are not charged', async () => {
  const spender = await aSpender(market)
  const { operation, lines } = await spender.orders({ packages: [SEARCH, LABELS] })
  await spender.pays(lines[0])

  expect(await turn(true)).toBe(true)

  expect(await spender.tries()).toBe('spending_stopped')
  expect(await spender.tries({ packages: [HELLO] })).toBe('spending_stopped')
  expect(await spender.rechecks(operation, lines[1])).toBe('spending_stopped')
  expect(await spender.holds()).toEqual(['settled 4900', 'held 1900'])
  expect(await turn(false)).toBe(true)
  expect(await spender.rechecks(operation, lines[1])).toBe('ok')
  expect(await spender.tries()).toBe('ok')
})

test('while the assistants of an org are stopped, a person may buy in the browser', async () => {
  await turn(true)

  const { line } = await anOpenLine(market)

  await turn(false)
  expect(line).toMatch(/^lin_/)
})

test('a stop of one org does not stop purchases for another org', async () => {
  await database.db
    .insertInto('org_members')
    .values({
      org_id: market.org('initech'),
      customer_id: market.person('buyer'),
      role: 'owner',
      joined_at: at,
    })
    .execute()
  const spender = await aSpender(market, { rules: { limits: [EUR(1000)] } })
  await turn(true)

  expect(await spender.tries({ org: 'initech' })).toBe('ok')
  await turn(false)
})

test.for([
  ['buyer', 'ok'],
  ['vendor', 'ok'],
  ['billing', 'ok'],
  ['developer', 'not_allowed'],
  ['viewer', 'not_allowed'],
  ['threeds', 'org_not_found'],
] as const)(
  'owner, admin and billing may stop the assistants of their org: %s gets %s',
  async ([name, outcome]) => {
    expect(await codeOf(turn(true, name))).toBe(outcome)
    const since = await spendingStoppedSince(database.db, market.org('acme-retail'))
    expect(since).toEqual(outcome === 'ok' ? at : undefined)
    await turn(false)
  },
)

test('a stop is audited once, however often it is asked for', async () => {
  const org = market.org('acme-retail')
  const count = async () => (await auditOf(database.db, org)).length
  const before = await count()

  const changed = await Promise.all([turn(true), turn(true, 'billing'), turn(true)])
  await turn(false)
  await turn(false)

  expect(changed.filter(Boolean)).toHaveLength(1)
  expect((await auditOf(database.db, org)).slice(before)).toMatchObject([
    { action: 'stop_spending', outcome: 'done', object: org },
    { action: 'allow_spending', outcome: 'done', customer: market.person('buyer') },
  ])
})

test("a person who loses the role while they allow purchases is refused, and stopping purchases does not wait for the org's lock", async () => {
  const { db } = database
  const org = market.org('acme-retail')
  const { customer } = await somebody(db)
  await addMember(db, { org, customer, role: 'admin', at })
  await turn(true)
  const allow = async () => setKillSwitch(db, { org, by: customer, on: false, at })

  const outcome = await raceAfter(db, org, (tx) => setRole(tx, { org, customer, role: 'viewer' }), allow)

  expect([outcome, await spendingStoppedSince(db, org)]).toEqual([['not_allowed'], at])
  await inTransaction(db, async (tx) => {
    await lockOrg(tx, org)
    expect(await turn(true)).toBe(false)
  })
  await turn(false)
})
