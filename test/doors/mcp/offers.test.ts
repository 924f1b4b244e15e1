import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aMember } from '../../support/a-member.ts'
import { aStoredVersion } from '../../support/a-stored-version.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, type McpDoor } from '../../support/mcp.ts'
import { aModernClient } from '../../support/mcp-clients.ts'

const SEARCH = 'northwind/module-search'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const aVendor = () => aMember({ door, market }, aModernClient, { name: 'vendor', org: 'northwind' })
const key = () => ({ idempotency_key: randomUUID() })
const price = (amount_minor: number) => ({
  edition: 'open-source',
  model: amount_minor ? 'one_time' : 'free',
  amount_minor,
  currency: 'EUR',
})

test('a dry run of update_package shows the current texts and what would change, and the call changes it once', async () => {
  const { ask } = await aVendor()
  await database.db
    .updateTable('packages')
    .set({ summary: 'See https://evil.example\u202E' })
    .where('name', '=', SEARCH)
    .execute()
  const change = { package: SEARCH, prices: [price(5_900)] }
  const [dry, real] = [key(), key()]

  const preview = await ask('update_package', { ...change, ...dry, dry_run: true })
  const done = await ask('update_package', { ...change, ...real, revision: preview.revision })
  const again = await ask('update_package', { ...change, ...real, revision: preview.revision })

  const prices = [
    {
      edition: 'open-source',
      model: 'one_time',
      price: { amount_minor: 5_900, currency: 'EUR', text: '59.00 EUR' },
    },
  ]
  expect(preview).toMatchObject({
    org: 'northwind',
    changed: ['prices'],
    revision: 0,
    prices,
    vendor_text: { title: 'Northwind Search', summary: 'See [link]' },
  })
  expect(done).toMatchObject({ changed: ['prices'], revision: 1, visibility: 'public', prices })
  expect(again).toEqual({ ...done, replayed: true })
  expect((await ask('get_package', { package: SEARCH })).prices).toEqual(prices)
  expect(await ask('update_package', { package: SEARCH, title: 'X', ...dry })).not.toHaveProperty('replayed')
})

test('a free edition needs no amount and no currency, and a paid one needs both', async () => {
  const { ask, refused } = await aVendor()
  const update = { package: 'northwind/module-hello', dry_run: true, ...key() }
  const free = { edition: 'open-source', model: 'free' }
  const paid = { edition: 'commerce', model: 'yearly', amount_minor: 9_900, currency: 'USD' }

  const { prices } = await ask('update_package', { ...update, prices: [free, paid] })

  expect(prices).toMatchObject([
    { price: { amount_minor: 0, currency: 'USD' } },
    { price: { text: '99.00 USD' } },
  ])
  for (const left of ['amount_minor', 'currency'])
    expect(
      await refused('update_package', { ...update, prices: [{ ...paid, [left]: undefined }] }),
    ).toMatchObject({
      code: 'invalid_input',
      message: expect.stringContaining('needs amount_minor and currency, or the model free'),
    })
})

test('set_package_visibility says why nobody can buy the package, and what a public package needs', async () => {
  const { ask, refused } = await aVendor()
  const show = { package: 'northwind/module-core', visibility: 'public' }

  expect(await refused('set_package_visibility', { ...show, ...key() })).toMatchObject({
    code: 'package_has_no_price',
    next_step: 'Call update_package with its prices, or with a price of the model free.',
  })
  await ask('update_package', { package: show.package, prices: [price(0)], ...key() })
  expect(await ask('set_package_visibility', { ...show, ...key() })).toMatchObject({
    before: 'hidden',
    visibility: 'public',
    prices: [{ model: 'free' }],
  })
  expect(await ask('set_package_visibility', { ...show, visibility: 'hidden', ...key() })).toMatchObject({
    not_sold_because: ['not_public'],
  })
})

test('list_missing_dependencies names what the newest versions require and nobody serves', async () => {
  const { ask } = await aVendor()
  const require = { 'northwind/unheard-of': '^1.0', 'northwind/gone': '*', 'psr/log': '^3' }
  await aStoredVersion(database.db, {
    packageId: market.package(SEARCH),
    tag: 'v9.0.0',
    manifest: { name: SEARCH, require },
    at: new Date(),
  })

  const first = await ask('list_missing_dependencies', { limit: 1, response_format: 'detailed' })
  const second = await ask('list_missing_dependencies', { limit: 1, cursor: first.next_cursor })

  const row = { package: SEARCH, version: '9.0.0', reason: 'no_package' }
  expect(first.items).toEqual([{ ...row, requires: 'northwind/gone', constraint: '*' }])
  expect(second.items).toEqual([{ ...row, requires: 'northwind/unheard-of' }])
  expect(second).not.toHaveProperty('next_cursor')
})
