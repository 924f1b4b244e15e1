import { expect } from 'vitest'
import { type TOTP, URI } from 'otpauth'
import { aMailbox } from './a-mailbox.ts'
import { aVisitor, type Visitor } from './a-visitor.ts'
import { anApp } from './an-app.ts'
import { aDatabase } from './database.ts'

export const PASSWORD = 'seven quiet otters paint'
export const ANOTHER_PASSWORD = 'green ladders of autumn'
export const MINUTE = 60_000
export const DAY = 24 * 60 * MINUTE

export type AccountMarket = Awaited<ReturnType<typeof anAccountMarket>>

/** All doors with a mail server and a clock that a test can move forward. */
export async function anAccountMarket() {
  const database = await aDatabase()
  const clock = { ahead: 0 }
  const now = () => new Date(Date.now() + clock.ahead)
  const { app, secrets, logged } = await anApp(database.db, { now })
  const mail = await aMailbox({ db: database.db, secrets })
  let used = 0

  const visitor = (ip?: string) => aVisitor(app, ip ? { ip } : {})
  /** Sends the form of a page for a link; returns the answer. */
  async function asks(path: '/sign-up' | '/reset-password', email: string, by: Visitor = visitor()) {
    await by.get(path)
    return by.post(path, { email })
  }
  /** Opens an account by its mailed link. */
  async function signsUp(email = `ann${++used}@example.test`) {
    await asks('/sign-up', email)
    const browser = visitor()
    const link = await mail.linkTo(email)
    await browser.get(link)
    const done = await browser.post(link, { name: 'Ann', password: PASSWORD })
    expect(done.statusCode).toBe(303)
    return { email, browser }
  }
  async function signsIn(email: string, password = PASSWORD, by: Visitor = visitor()) {
    await by.get('/sign-in')
    return { browser: by, answer: await by.post('/sign-in', { email, password }) }
  }
  return {
    ...database,
    app,
    secrets,
    mail,
    logged,
    now,
    /** Moves the clock of the doors forward. */
    passes: (ms: number) => void (clock.ahead += ms),
    visitor,
    asks,
    signsUp,
    signsIn,
    aNewEmail: () => `new${++used}@example.test`,
    customer: (email: string) =>
      database.db
        .selectFrom('customers')
        .select(['id', 'email_norm', 'display_name', 'password_phc'])
        .where('email_norm', '=', email)
        .executeTakeFirst(),
    /** The subjects of the mails to an address, oldest first. */
    subjects: async (email: string) => (await mail.mailsTo(email)).map(({ subject }) => subject).reverse(),
    /** The events of a person in the audit log, oldest first. */
    async events(email: string) {
      const { id } = await database.db
        .selectFrom('customers')
        .select('id')
        .where('email_norm', '=', email)
        .executeTakeFirstOrThrow()
      const rows = await database.db
        .selectFrom('audit_events')
        .select('body')
        .where('chain', '=', `customer:${id}`)
        .orderBy('seq')
        .execute()
      return rows.map(({ body }) => {
        const { action, outcome } = JSON.parse(body) as Record<string, string>
        return `${action} ${outcome}`
      })
    },
    async close() {
      await mail.close()
      await app.close()
      await database.close()
    },
  }
}

/** Whether the browser is signed in. */
export async function isSignedIn(browser: Visitor): Promise<boolean> {
  return (await browser.get('/account/security')).statusCode === 200
}

/** Turns codes at sign-in on; returns the app that makes them, and the recovery codes. */
export async function turnsCodesOn(browser: Visitor, at: Date) {
  const path = '/account/second-factor'
  await browser.get(path)
  await browser.post(`${path}/start`)
  const page = await browser.get(path)
  const key = /<code>([A-Z2-7 ]+)<\/code>/.exec(page.body)?.[1]?.replaceAll(' ', '') ?? ''
  const totp = URI.parse(`otpauth://totp/packagento:any?secret=${key}`) as TOTP
  const codeAt = (time: Date) => totp.generate({ timestamp: time.getTime() })
  const done = await browser.post(`${path}/confirm`, { code: codeAt(at) })
  expect(done.statusCode).toBe(200)
  const recoveryCodes = done.body.match(/\b(?:[a-z0-9]{4}-){3}[a-z0-9]{4}\b/g) ?? []
  return { codeAt, recoveryCodes, key }
}

/** A person with codes on. The clock is some time steps after the code that turned them on. */
export async function aPersonWithCodes(market: AccountMarket) {
  const { email, browser } = await market.signsUp()
  const codes = await turnsCodesOn(browser, market.now())
  market.passes(MINUTE)
  return { email, browser, ...codes, code: (ms = 0) => codes.codeAt(new Date(market.now().getTime() + ms)) }
}

/** A browser in which the password was entered, but not the code yet. */
export async function afterPassword(market: AccountMarket, email: string, ip?: string): Promise<Visitor> {
  const { browser, answer } = await market.signsIn(email, PASSWORD, market.visitor(ip))
  expect(answer.headers.location).toBe('/sign-in/code?continue=%2F')
  await browser.get('/sign-in/code')
  return browser
}

export const enters = (browser: Visitor, code: string) =>
  browser.post('/sign-in/code', { code, continue: '/' })
