import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aMarket } from '../support/a-market.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { packageName } from '#kernel/schemas'
import { textOf } from '../support/text-of.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase('market')
  await aMarket(database.db)
  ;({ app } = await anApp(database.db))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const get = (url: string) => app.inject({ url, headers: { accept: 'text/html', host: 'market.example' } })

/** Names of the packages a page links to, in order. */
const linkedIn = (body: string) =>
  [...body.matchAll(/href="\/packages\/([^"]+)"/g)].map(([, name = '']) => name)

describe('the filters of the catalogue', () => {
  test.for([
    ['type=metapackage', ['northwind/suite']],
    ['type=magento2-theme', ['northwind/theme-plain']],
    ['price=yearly', ['northwind/module-stock', 'northwind/suite']],
    ['price=yearly&edition=commerce-cloud', []],
    ['vendor=fabrikam', ['fabrikam/module-broken', 'fabrikam/module-labels']],
    ['vendor=fabrikam&price=free', ['fabrikam/module-broken']],
    ['q=stock&type=metapackage', ['northwind/suite']],
    ['edition=no-such&price=&type=&q=labels', ['fabrikam/module-labels']],
    ['edition=commerce-cloud&edition=open-source', ['northwind/module-hello']],
    ['vendor=%27%3B--', []],
  ] as const)('the catalogue with %s shows the packages that fit', async ([query, expected]) => {
    const { statusCode, body } = await get(`/?${query}`)

    expect(statusCode).toBe(200)
    expect(linkedIn(body)).toEqual(expected)
  })

  test('the catalogue shows what was chosen, and leads out of a search that finds nothing', async () => {
    const { body } = await get('/?q=search&vendor=fabrikam&price=yearly')

    expect(body).toMatch(/<option value="fabrikam" selected/)
    expect(textOf(body)).toContain('Nothing fits all of what you chose.')
    expect(body).toContain('href="/?q=search"')
  })

  test('the catalogue has pages, and an odd place counts as the beginning', async () => {
    const all = linkedIn((await get('/')).body)
    const [first, second] = all

    const { body } = await get(`/?after=${encodeURIComponent(`0 ${first}`)}`)
    expect(linkedIn(body)[0]).toBe(second)
    expect(textOf(body)).toContain('First packages')
    for (const odd of ['x', '0 x', '-1 a/b', '0%00', '99999999999 a/b'])
      expect(linkedIn((await get(`/?after=${encodeURIComponent(odd)}`)).body)).toEqual(all)
    expect(textOf((await get('/?after=0%20zzz/zzz')).body)).toContain('There are no more packages.')
    // a name may have more letters than a search
    const long = `zzz/${'z'.repeat(180)}`
    expect(packageName.safeParse(long).success).toBe(true)
    expect(textOf((await get(`/?after=0%20${long}`)).body)).toContain('There are no more packages.')
  })

  test('an empty shop says how to publish', async () => {
    const vendors = database.db.updateTable('vendors')
    await vendors.set({ suspended_at: new Date() }).execute()
    const { body } = await get('/')
    await vendors.set({ suspended_at: null }).execute()

    expect(textOf(body)).toContain('apply as a vendor , connect your Git host and push a tag')
  })
})
