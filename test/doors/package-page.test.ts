import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blockVersion, withdrawVersion } from '#domain/publishing'
import { aMarket, type Market } from '../support/a-market.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'
import { textOf } from '../support/text-of.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let app: FastifyInstance
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  ;({ app } = await anApp(database.db))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

const get = (url: string) => app.inject({ url, headers: { accept: 'text/html', host: 'market.example' } })

test('the versions of a package are listed, stable ones first', async () => {
  const { body } = await get('/packages/northwind/module-search/versions')

  expect(body).toContain('<title>Versions · Northwind Search · packagento</title>')
  expect(textOf(body)).toMatch(
    /1\.1\.0 stable 1 Jul 2026 1\.0\.1 .* 1\.0\.0 stable .* 2\.0\.0-beta1 beta 12 Oct 2026/,
  )
  expect(body).not.toContain('No longer available')
})

test('the page of a version shows its requirements, its provenance and how to check and install it', async () => {
  const { db } = database
  const row = await db
    .selectFrom('versions')
    .select(['commit_sha', 'tree_sha', 'zip_sha1', 'zip_sha256', 'content_sha256'])
    .where('package_id', '=', market.package('northwind/module-search'))
    .where('label', '=', '1.1.0')
    .executeTakeFirstOrThrow()

  const { statusCode, body } = await get('/packages/northwind/module-search/versions/1.1.0')

  const text = textOf(body)
  expect(statusCode).toBe(200)
  for (const hash of Object.values(row)) expect(text).toContain(hash)
  expect(text).toContain('php >=8.1')
  expect(text).toContain('composer require northwind/module-search bin/magento setup:upgrade')
  expect(text).toContain(`npm run log:verify -- https://market.example --zip ${row.zip_sha256}`)
  for (const href of [
    '/log?package=northwind%2Fmodule-search',
    `/log.json?zip=${row.zip_sha256}`,
    '/docs/verifying',
  ]) {
    expect(body).toContain(`href="${href}"`)
    expect((await get(href)).statusCode).toBe(200)
  }
})

test('a withdrawn and a blocked version are listed with their public reasons', async () => {
  const { db } = database
  const of = { package: 'northwind/module-stock' }
  const operator = market.person('operator')
  await withdrawVersion(db, { by: { operator }, ...of, version: '1.1.0', reason: 'It breaks carts' })

  const [list, one] = [
    await get('/packages/northwind/module-stock/versions'),
    await get('/packages/northwind/module-stock/versions/1.1.0'),
  ]

  expect(textOf(list.body)).toContain('1.1.0 withdrawn It breaks carts')
  expect(textOf(one.body)).toContain('Withdrawn: It breaks carts')
  expect(textOf(one.body)).not.toContain('composer require')

  await blockVersion(db, { operator, ...of, version: '1.1.0', reason: 'It sends keys away' })

  expect(textOf((await get('/packages/northwind/module-stock/versions')).body)).toContain(
    '1.1.0 malware It sends keys away',
  )
})

test('the page of a version whose tag was moved says so', async () => {
  const versions = database.db
    .updateTable('versions')
    .where('package_id', '=', market.package('northwind/module-stock'))
    .where('label', '=', '1.0.0')
  await versions.set({ moved_to: 'a'.repeat(40) }).execute()

  const { body } = await get('/packages/northwind/module-stock/versions/1.0.0')

  expect(textOf(body)).toContain(`Its tag was moved The tag names ${'a'.repeat(40)} now.`)
})

test('the changelog has a page only when the newest version has one', async () => {
  const [written, without] = [
    await get('/packages/northwind/module-search/changelog'),
    await get('/packages/northwind/suite'),
  ]

  expect(textOf(written.body)).toContain('Changelog Written by Northwind Modules for 1.1.0 .')
  expect(written.body).toMatch(/<h3 id="text-[^"]+">/)
  expect(without.body).not.toContain('Changelog')
  expect((await get('/packages/northwind/suite/changelog')).statusCode).toBe(404)
})

test('every link on the pages of a package leads to a page', async () => {
  const seen = new Set<string>()
  for (const at of ['', '/versions', '/versions/1.1.0'])
    for (const [, href = ''] of (await get(`/packages/northwind/suite${at}`)).body.matchAll(
      /href="(\/[^"]*)"/g,
    ))
      seen.add(href)
  for (const href of seen) expect([href, (await get(href)).statusCode]).toEqual([href, 200])
  expect(seen.size).toBeGreaterThan(8)
})

test.for(['versions/9.9.9', 'versions/%00', 'versions?page=2', 'versions/1.1.0/x', 'readme'])(
  'the address %s below a package is answered with the same 404 as an unknown page',
  async (path) => {
    const answer = await get(`/packages/northwind/module-search/${path}`)

    expect(answer.statusCode).toBe(404)
    expect(answer.body).toBe((await get('/packages/nobody/nothing')).body)
  },
)

test.for(['page=x', 'page=-1', 'page=1&page=2', 'page=1e9'])(
  'the versions of a package ignore the odd query %s',
  async (query) => {
    expect((await get(`/packages/northwind/module-search/versions?${query}`)).statusCode).toBe(200)
  },
)
