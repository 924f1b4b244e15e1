import Fastify, { type FastifyInstance } from 'fastify'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { freePort } from '../../sandbox/engines/process.ts'
import { aMarket } from '../support/a-market.ts'
import { anApp } from '../support/an-app.ts'
import { launchBrowser } from '../support/browser.ts'
import { aDatabase } from '../support/database.ts'

const program = inject('browserPath')

describe.skipIf(!program)('a person in a browser', () => {
  let database: Awaited<ReturnType<typeof aDatabase>>
  let app: FastifyInstance
  let browser: Browser
  let address: string
  beforeAll(async () => {
    const port = await freePort()
    address = `http://127.0.0.1:${port}`
    database = await aDatabase('market')
    await aMarket(database.db)
    ;({ app } = await anApp(database.db, { publicUrl: address }))
    await app.listen({ port, host: '127.0.0.1' })
    browser = await launchBrowser(program ?? '')
  })
  afterAll(async () => {
    await browser.close()
    await app.close()
    await database.close()
  })

  test.for([
    ['a phone', { width: 390, height: 844 }],
    ['a desktop', { width: 1280, height: 800 }],
  ] as const)(
    'on %s, a person mistypes the password, signs in, reaches the requested page and signs out',
    async ([, viewport]) => {
      const tab = await browser.newPage({ viewport })
      const consoleMessages: string[] = []
      tab.on('console', (message) => consoleMessages.push(message.text()))
      const heading = () => tab.getByRole('heading', { level: 1 }).innerText()
      const tryWith = async (password: string) => {
        await tab.getByLabel('E-mail address').fill('buyer@example.test')
        await tab.getByLabel('Password').fill(password)
        await tab.getByLabel('Password').press('Enter')
      }

      await tab.goto(`${address}/sign-in?continue=/packages/northwind/module-search`)
      await tryWith('wrong')
      const alert = await tab.getByRole('alert').innerText()
      const described = await tab.getByLabel('Password').getAttribute('aria-describedby')
      const kept = await tab.getByLabel('E-mail address').inputValue()
      expect([alert, described, kept]).toEqual([
        'The e-mail address or the password is wrong. Check both and try again.',
        await tab.getByRole('alert').getAttribute('id'),
        'buyer@example.test',
      ])

      await tryWith('sandbox-password')
      expect(new URL(tab.url()).pathname).toBe('/packages/northwind/module-search')
      expect(await heading()).toBe('Northwind Search')
      expect(await tab.getByRole('navigation', { name: 'Account' }).innerText()).toContain('Bea Buyer')

      await tab.locator('summary', { hasText: 'Bea Buyer' }).click()
      await tab.getByRole('button', { name: 'Sign out' }).click()
      expect(new URL(tab.url()).pathname).toBe('/')
      await tab.getByRole('link', { name: 'Sign in' }).click()
      expect(await heading()).toBe('Sign in')
      expect(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)
      // the 401 of the wrong password is expected; a blocked style or form is not
      expect(consoleMessages.filter((text) => !text.includes('401'))).toEqual([])
      await tab.context().close()
    },
  )

  test('a form of another site signs no person in, even with the right password', async () => {
    const port = await freePort()
    const otherSite = Fastify()
    otherSite.get('/', async (_, reply) =>
      reply.type('text/html').send(`<form method="post" action="${address}/sign-in">
        <input name="email" value="buyer@example.test"><input name="password" value="sandbox-password">
        <button>Win</button></form>`),
    )
    await otherSite.listen({ port, host: 'localhost' })
    const tab = await browser.newPage()

    await tab.goto(`http://localhost:${port}`)
    await tab.getByRole('button', { name: 'Win' }).click()

    expect(await tab.getByRole('heading', { level: 1 }).innerText()).toBe(
      'This form was sent by another site.',
    )
    expect(await tab.context().cookies()).toEqual([])
    await tab.context().close()
    await otherSite.close()
  })
})
