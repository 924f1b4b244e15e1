import type { Browser } from 'playwright-core'
import { type TOTP, URI } from 'otpauth'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { freePort } from '../../sandbox/engines/process.ts'
import { aMailbox } from '../support/a-mailbox.ts'
import { anApp } from '../support/an-app.ts'
import { launchBrowser } from '../support/browser.ts'
import { aDatabase } from '../support/database.ts'

const program = inject('browserPath')
const EMAIL = 'ann@example.test'
const PASSWORD = 'seven quiet otters paint'

describe.skipIf(!program)('a new person in a browser', () => {
  let database: Awaited<ReturnType<typeof aDatabase>>
  let app: Awaited<ReturnType<typeof anApp>>['app']
  let mail: Awaited<ReturnType<typeof aMailbox>>
  let browser: Browser
  let address: string
  beforeAll(async () => {
    const port = await freePort()
    address = `http://127.0.0.1:${port}`
    database = await aDatabase()
    const started = await anApp(database.db, { publicUrl: address })
    app = started.app
    mail = await aMailbox({ db: database.db, secrets: started.secrets, publicUrl: address })
    await app.listen({ port, host: '127.0.0.1' })
    browser = await launchBrowser(program ?? '')
  })
  afterAll(async () => {
    await browser.close()
    await mail.close()
    await app.close()
    await database.close()
  })

  test('a person signs up, reads the mail in the mailbox, turns codes on and signs in with one', async () => {
    const tab = await browser.newPage({ viewport: { width: 390, height: 844 } })
    const messages: string[] = []
    tab.on('console', (message) => messages.push(message.text()))
    const heading = () => tab.getByRole('heading', { level: 1 }).innerText()
    const fitsThePhone = async () =>
      expect(await tab.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true)

    await tab.goto(`${address}/account`)
    await tab.getByRole('link', { name: 'Open an account' }).click()
    await tab.getByLabel('E-mail address').fill(EMAIL)
    await tab.getByRole('button', { name: 'Send me the link' }).click()
    expect(await heading()).toBe('Look into your mailbox')
    await mail.mailsTo(EMAIL)
    await tab.goto(mail.mailbox.url)
    await tab.getByRole('link', { name: 'Confirm your e-mail address' }).click()
    await tab.locator(`a[href^="${address}/link/"]`).click()
    expect(await heading()).toBe('Open your account')
    await fitsThePhone()
    await tab.getByLabel('Your name').fill('Ann Example')
    await tab.getByLabel('New password').fill(PASSWORD)
    await tab.getByRole('button', { name: 'Open the account' }).click()
    expect(await heading()).toBe('Ann Example')
    await fitsThePhone()

    await tab.getByRole('link', { name: 'Security' }).click()
    expect(await heading()).toBe('Sign-in settings')
    await fitsThePhone()
    await tab.getByRole('link', { name: 'Turn codes on' }).click()
    await tab.getByRole('button', { name: 'Turn codes on' }).click()
    expect(
      await tab
        .locator('img')
        .evaluate((image: { decode: () => Promise<void>; naturalWidth: number }) =>
          image.decode().then(() => image.naturalWidth),
        ),
    ).toBeGreaterThan(0)
    const key = (await tab.locator('code').innerText()).replaceAll(' ', '')
    const totp = URI.parse(`otpauth://totp/any?secret=${key}`) as TOTP
    await tab.getByLabel('Code').fill(totp.generate())
    await tab.getByRole('button', { name: 'Turn codes on' }).click()
    expect(await heading()).toBe('Your recovery codes')
    const [code = ''] = (await tab.locator('pre').innerText()).split('\n')
    await tab.getByRole('link', { name: 'I have kept them' }).click()
    expect(await heading()).toBe('Sign-in settings')

    await tab.locator('summary', { hasText: 'Ann Example' }).last().click()
    await tab.getByRole('button', { name: 'Sign out', exact: true }).click()
    await tab.goto(`${address}/account`)
    await tab.getByLabel('E-mail address').fill(EMAIL)
    await tab.getByLabel('Password').fill(PASSWORD)
    await tab.getByRole('button', { name: 'Sign in' }).click()
    expect(await heading()).toBe('Enter your code')
    await tab.getByLabel('Code').fill(code)
    await tab.getByRole('button', { name: 'Sign in' }).click()
    expect(await heading()).toBe('Ann Example')
    expect(messages).toEqual([])
    await tab.context().close()
  })
})
