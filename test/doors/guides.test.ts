import { expect, test } from 'vitest'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

test('the guides have the address of their own market', async () => {
  const database = await aDatabase()
  const { app } = await anApp(database.db, { publicUrl: 'https://shop.test:8443' })
  const get = async (path: string) =>
    (await app.inject({ url: path, headers: { accept: 'text/html', host: 'shop.test:8443' } })).body

  const [connecting, composer] = [await get('/docs/connecting'), await get('/docs/composer')]

  expect(connecting).toContain('packagento https://shop.test:8443/mcp')
  expect(composer).toContain('composer https://shop.test:8443/r/')
  expect(composer).toMatch(/\b(?<!\/)shop\.test:8443\b/)
  for (const page of [connecting, composer])
    expect(page).not.toMatch(/PUBLIC_URL&gt;|127\.0\.0\.1:3000\/|market\.example/)
  await app.close()
  await database.close()
})
