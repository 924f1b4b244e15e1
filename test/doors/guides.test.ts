import { afterAll, beforeAll, expect, test } from 'vitest'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let app: Awaited<ReturnType<typeof anApp>>['app']
let guides: Map<string, string>
beforeAll(async () => {
  database = await aDatabase()
  ;({ app } = await anApp(database.db, { publicUrl: 'https://shop.test:8443' }))
  const get = async (url: string) =>
    (await app.inject({ url, headers: { accept: 'text/html', host: 'shop.test:8443' } })).body
  const links = (await get('/docs')).matchAll(/href="(\/docs\/[a-z]+)"/g)
  guides = new Map()
  for (const path of new Set([...links].map(([, href = '']) => href))) guides.set(path, await get(path))
})
afterAll(async () => {
  await app.close()
  await database.close()
})

test('each guide has the address of its own market and of no other one', () => {
  expect([...guides.keys()].toSorted()).toEqual([
    '/docs/composer',
    '/docs/connecting',
    '/docs/publishing',
    '/docs/verifying',
  ])
  for (const [path, page] of guides) {
    const others = page.match(/[\w.-]+\.example\b|127\.0\.0\.1:3000|PUBLIC_URL/g) ?? []
    // the site of a client in a browser
    expect([path, others.filter((host) => host !== 'assistant.example')]).toEqual([path, []])
  }
  expect(guides.get('/docs/connecting')).toContain('packagento https://shop.test:8443/mcp')
  expect(guides.get('/docs/composer')).toContain('composer https://shop.test:8443/r/')
  expect(guides.get('/docs/composer')).toMatch(/\b(?<!\/)shop\.test:8443\b/)
  expect(guides.get('/docs/verifying')).toContain('-- https://shop.test:8443')
})

test('a guide says in the same section that a command or a password works only in a checkout', () => {
  const sections = [...guides].flatMap(([path, page]) =>
    page.split(/<h\d/).map((text) => [path, text] as const),
  )
  const local = sections.filter(([, text]) => /npm run|sandbox-password/.test(text))

  expect(local.length).toBeGreaterThan(3)
  for (const [path, text] of local) {
    const [before = ''] = text.split(/npm run|sandbox-password/)
    expect([path, before]).toEqual([path, expect.stringContaining('a checkout of packagento')])
  }
})
