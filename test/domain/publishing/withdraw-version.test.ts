import { afterAll, beforeAll, expect, test } from 'vitest'
import { blockVersion } from '#domain/publishing'
import { type Withdrawal, withdrawVersion } from '../../../src/domain/publishing/withdraw-version.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { auditOf } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { loggedEventsOf } from '../../support/logged-events.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const asVendor = async () => ({
  caller: market.caller('vendor'),
  org: await market.access('vendor', 'northwind'),
})
const withdraw = async (more: Partial<Withdrawal> = {}) =>
  withdrawVersion(database.db, {
    by: await asVendor(),
    package: 'northwind/module-search',
    version: '1.1.0',
    reason: 'It does not install',
    ...more,
  })

const stateOf = async (label: string) => {
  const [row] = await database.db
    .selectFrom('versions as v')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .select(['v.id', 'v.status', 'v.blocked_because', 'v.withdrawn_because', 'p.revision'])
    .where('p.name', '=', 'northwind/module-search')
    .where('v.label', '=', label)
    .execute()
  if (!row) throw new Error(`there is no version ${label}`)
  return row
}
const withdrawals = async () =>
  (await auditOf(database.db, market.org('northwind'))).filter(
    (event) => event['action'] === 'withdraw_version',
  )

test('a vendor withdraws a version once, with a public reason in the audit log, and it is not called malware', async () => {
  const before = await stateOf('1.1.0')
  const [first, second] = [await withdraw(), await withdraw({ reason: 'another' })]
  expect([first, second]).toEqual([
    { id: before.id, fresh: true },
    { id: before.id, fresh: false },
  ])
  expect(await stateOf('1.1.0')).toEqual({
    id: before.id,
    status: 'withdrawn',
    blocked_because: null,
    withdrawn_because: 'It does not install',
    revision: before.revision + 1,
  })
  expect(await loggedEventsOf(database.db, before.id)).toContainEqual({ kind: 'version_withdrawn' })
  expect(await withdrawals()).toMatchObject([
    {
      outcome: 'done',
      customer: market.person('vendor'),
      object: before.id,
      detail: { package: market.package('northwind/module-search'), reason: 'It does not install' },
    },
  ])
})

test('two calls at once withdraw a version once', async () => {
  const results = await Promise.all([withdraw({ version: '1.0.1' }), withdraw({ version: '1.0.1' })])
  expect(results.filter(({ fresh }) => fresh)).toHaveLength(1)
  const { id } = await stateOf('1.0.1')
  expect((await withdrawals()).filter((event) => event['object'] === id)).toHaveLength(1)
})

test('a blocked version stays blocked when it is withdrawn, and a withdrawn version can be blocked', async () => {
  const operator = market.person('operator')
  const block = { operator, package: 'northwind/module-search', version: '1.0.0', reason: 'steals' }
  await blockVersion(database.db, block)
  expect(await withdraw({ version: '1.0.0' })).toMatchObject({ fresh: false })
  expect(await stateOf('1.0.0')).toMatchObject({ status: 'blocked', blocked_because: 'steals' })
  expect(await blockVersion(database.db, { ...block, version: '1.1.0' })).toMatchObject({ fresh: true })
  expect(await stateOf('1.1.0')).toMatchObject({
    status: 'blocked',
    withdrawn_because: 'It does not install',
  })
})

test('only an operator, or a member who may publish for the vendor, may withdraw a version', async () => {
  const by = await asVendor()
  const version = '2.0.0-beta1'
  for (const role of ['billing', 'viewer'] as const)
    await expect(withdraw({ by: { ...by, org: { ...by.org, role } }, version })).rejects.toMatchObject({
      code: 'not_allowed',
    })
  await expect(withdraw({ by: { operator: market.person('vendor') }, version })).rejects.toMatchObject({
    code: 'not_an_operator',
  })
  const other = {
    caller: market.caller('newvendor'),
    org: await market.access('newvendor', 'contoso'),
  }
  await expect(withdraw({ by: other, version })).rejects.toMatchObject({ code: 'version_not_found' })
  expect(await stateOf(version)).toMatchObject({ status: 'available' })
  expect(await withdraw({ by: { operator: market.person('operator') }, version })).toMatchObject({
    fresh: true,
  })
})

test('withdrawing a version needs an existing version and a reason that fits in one line', async () => {
  await expect(withdraw({ version: '9.9.9' })).rejects.toMatchObject({ code: 'version_not_found' })
  await expect(withdraw({ package: 'a/b' })).rejects.toMatchObject({ code: 'version_not_found' })
  for (const reason of ['', ' ', 'a\nb', 'a <info>b', 'x'.repeat(101), '\u001b[2J'])
    await expect(withdraw({ reason })).rejects.toMatchObject({ code: 'reason_invalid' })
})
