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
    ['works_with=2.4.4', ['fabrikam/module-labels', 'northwind/module-search']],
    [
      'works_with=2.4.8',
      [
        'fabrikam/module-labels',
        'northwind/module-search',
        'northwind/module-stock',
        'northwind/theme-plain',
      ],
    ],
    [
      'works_with=2.4.8-p2&price=one_time&vendor=northwind',
      ['northwind/module-search', 'northwind/theme-plain'],
    ],
    ['works_with=2.4.8&q=stock', ['northwind/module-stock']],
    ['works_with=2.4.0', []],
  ] as const)('the catalogue with %s shows the packages that fit', async ([query, expected]) => {
    const { statusCode, body } = await get(`/?${query}`)

    expect(statusCode).toBe(200)
    expect(linkedIn(body)).toEqual(expected)
  })

  test('the pages of a catalogue with a Magento version keep to it, and an unknown one is refused with the known ones', async () => {
    const next = await get(`/?works_with=2.4.8&after=${encodeURIComponent('0 fabrikam/module-labels')}`)
    expect(linkedIn(next.body)[0]).toBe('northwind/module-search')
    expect(next.body).toContain('<option value="2.4.8" selected')
    expect(next.body).toContain('href="/?works_with=2.4.8"')

    for (const odd of ['2.3.7', '3', '2.4.8 ; x', '<script>']) {
      const { statusCode, body } = await get(`/?works_with=${encodeURIComponent(odd)}`)
      expect(statusCode).toBe(400)
      expect(textOf(body)).toMatch(/is not known here\./)
      expect(textOf(body)).toContain('Choose one of 2.4.0, 2.4.1')
      expect(body).not.toContain('<script>')
    }
  })

  test('a package says with which Magento versions it works, which its older versions add, and what its vendor tested', async () => {
    const shop = textOf((await get('/?vendor=northwind')).body)
    expect(shop).toContain(
      'Works with Magento 2.4.6–2.4.8. An older version works with 2.4.4–2.4.5. Its vendor says it was tested with 2.4.6-p8, 2.4.7-p3, 2.4.8.',
    )
    expect(shop).toContain('Magento versions not stated.')

    const search = textOf((await get('/packages/northwind/module-search')).body)
    expect(search).toMatch(/Works with Magento 2\.4\.6–2\.4\.8 Version 1\.0\.1 : Magento 2\.4\.4–2\.4\.5/)
    expect(search).toContain('Tested with Magento 2.4.6-p8, 2.4.7-p3, 2.4.8, as its vendor says')
    expect(textOf((await get('/packages/northwind/suite')).body)).toContain(
      'Its composer.json says nothing about Magento versions',
    )
    expect(textOf((await get('/packages/northwind/module-search/versions/1.0.0')).body)).toContain(
      'Works with Magento 2.4.4–2.4.6.',
    )
  })

  test('the filters are folded until one is chosen', async () => {
    const folded = /<details class="filters"\s*>/
    const bodies = await Promise.all(
      ['/', '/?q=stock', '/?price=free'].map(async (url) => (await get(url)).body),
    )

    expect(bodies.map((body) => folded.test(body))).toEqual([true, true, false])
    expect(bodies[2]).toMatch(/<details class="filters" open\s*>/)
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
