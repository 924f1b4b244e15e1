import type { FastifyInstance } from 'fastify'
import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { setPrice } from '#domain/catalogue'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import { versionTexts } from '../../src/api/customer-area/version-texts.ts'
import { aMarket, type Market } from '../support/a-market.ts'
import { aVisitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  // the clock stands still, so that no remembered page expires
  const now = new Date()
  ;({ app } = await anApp(database.db, { databaseUrl: database.url, now: () => now }))
  await vi.waitUntil(isRemembering, { timeout: 10_000 })
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const page = async (url = '/') => (await aVisitor(app).get(url)).body

const priced = (db: Db, amountMinor: number) =>
  setPrice(db, {
    packageId: market.package('northwind/module-search'),
    edition: 'open-source',
    model: 'one_time',
    amountMinor,
    currency: 'EUR',
    at: new Date(),
  })

/** Makes a change without the triggers, as if its notification had been lost. */
const withoutNotification = (change: (tx: Db) => Promise<unknown>) =>
  inTransaction(database.db, async (tx) => {
    await sql`set local session_replication_role = replica`.execute(tx)
    await change(tx)
  })

/** Returns true when the page does not show a change without notification, so it came from the memory. */
async function isRemembering(): Promise<boolean> {
  await withoutNotification((tx) => priced(tx, 222))
  const before = await page()
  await withoutNotification((tx) => priced(tx, 111))
  return before === (await page())
}

test('the catalogue page shows a new price as soon as it is set', async () => {
  await page()

  await priced(database.db, 321)

  await expect.poll(() => page(), { timeout: 10_000 }).toContain('3.21')
})

test('the catalogue page drops a package as soon as it is withdrawn', async () => {
  const shown = '/packages/northwind/theme-plain'
  expect(await page()).toContain(shown)

  await database.db
    .updateTable('packages')
    .set({ withdrawn_at: new Date() })
    .where('name', '=', 'northwind/theme-plain')
    .execute()

  await expect.poll(() => page(), { timeout: 10_000 }).not.toContain(shown)
})

test('a remembered catalogue page shows a visitor nothing of the previous visitor', async () => {
  const buyer = aVisitor(app)
  await buyer.signIn('buyer')

  const [own, stranger, again] = [(await buyer.get('/')).body, await page(), (await buyer.get('/')).body]

  expect(own).toContain('Signed in as')
  expect(stranger).not.toContain('Signed in as')
  expect(stranger).toContain('href="/sign-in"')
  expect(again).toContain('Signed in as')
})

test('each search of the catalogue is remembered separately', async () => {
  const [all, found, none] = [await page(), await page('/?q=search'), await page('/?q=xylophone')]

  expect(all).toContain('northwind/module-stock')
  expect(found).toContain('northwind/module-search')
  expect(found).not.toContain('northwind/module-stock')
  expect(none).toContain('Nothing found for')
  expect(await page('/?q=search')).toBe(found)
})

test('a search for the name of a remembered page does not replace it', async () => {
  const of = '/packages/northwind/module-search'
  const before = await page(of)

  await withoutNotification((tx) => priced(tx, 777))
  for (const words of ['package northwind/module-search readme', 'northwind/module-search readme'])
    await page(`/?q=${encodeURIComponent(words)}`)

  expect(await page(of)).toBe(before)
  await priced(database.db, 888)
  await expect.poll(() => page(of), { timeout: 10_000 }).toContain('8.88')
})

test('an address that a package does not have is answered from the remembered package, until the package changes', async () => {
  const of = '/packages/northwind/suite'
  const unknown = [`${of}/versions/7.7.7`, `${of}/versions?page=7`, `${of}/changelog`]
  const statuses = () => Promise.all(unknown.map(async (url) => (await aVisitor(app).get(url)).statusCode))
  expect(await statuses()).toEqual([404, 404, 404])

  await withoutNotification((tx) =>
    tx
      .updateTable('versions')
      .set({ label: '7.7.7', changelog: '# Now' })
      .where('package_id', '=', market.package('northwind/suite'))
      .where('label', '=', '1.1.0')
      .execute(),
  )

  expect(await statuses()).toEqual([404, 404, 404])
  await priced(database.db, 555)
  await expect.poll(statuses, { timeout: 10_000 }).toEqual([200, 404, 200])
})

test('callers that wait for the same text share one result', async () => {
  const { id } = await database.db
    .selectFrom('versions')
    .select('id')
    .where('package_id', '=', market.package('northwind/module-search'))
    .where('label', '=', '1.1.0')
    .executeTakeFirstOrThrow()
  const textOf = versionTexts(database.db)

  const [first, second] = await Promise.all([textOf(id, 'changelog'), textOf(id, 'changelog')])

  expect(first?.markup).toContain('<h3')
  expect(second).toBe(first)
})

test('a README is rendered once, whatever changes, and is hidden with its package', async () => {
  const of = '/packages/northwind/module-search'
  const setReadme = (readme: string) =>
    withoutNotification((tx) =>
      tx
        .updateTable('versions')
        .set({ readme })
        .where('package_id', '=', market.package('northwind/module-search'))
        .execute(),
    )
  await priced(database.db, 661)
  await expect.poll(() => page(of), { timeout: 10_000 }).toContain('6.61')
  const [readme = ''] = /<div class="markdown">.*?<\/div>/s.exec(await page(of)) ?? []
  expect(readme).toContain('<p>')

  await setReadme('never rendered')
  await priced(database.db, 662)
  await expect.poll(() => page(of), { timeout: 10_000 }).toContain('6.62')
  expect(await page(of)).toContain(readme)

  const packages = database.db.updateTable('packages').where('name', '=', 'northwind/module-search')
  await packages.set({ withdrawn_at: new Date() }).execute()
  await expect.poll(() => page(of), { timeout: 10_000 }).not.toContain(readme)
  expect((await aVisitor(app).get(of)).statusCode).toBe(404)
})
