import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { inTransaction } from '#platform/transactions'
import type { Visitor } from '../../support/a-visitor.ts'
import {
  type AccountMarket,
  anAccountMarket,
  ANOTHER_PASSWORD,
  PASSWORD,
  turnsCodesOn,
} from '../../support/an-account.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

async function submits(browser: Visitor, path: string, form: Record<string, string> = {}) {
  await browser.get('/account/security')
  return browser.post(path, form)
}

async function follows(link: string) {
  const browser = market.visitor()
  await browser.get('/sign-in')
  await browser.get(link)
  return browser.post(link)
}

/** A person, and somebody else in the person's browser who asked for another address. */
async function anOpenChange() {
  const { email, browser: owner } = await market.signsUp()
  const { browser: thief } = await market.signsIn(email)
  const next = market.aNewEmail()
  await submits(thief, '/account/email', { email: next })
  return { email, owner, thief, next, link: await market.mail.linkTo(next) }
}
type OpenChange = Awaited<ReturnType<typeof anOpenChange>>

describe('an open link that changes the address of an account', () => {
  const endings: Record<string, (change: OpenChange) => Promise<unknown>> = {
    'the owner signs out everywhere': ({ owner }) => submits(owner, '/account/sessions/end-all'),
    'the owner ends the sign-in that asked for it': async ({ owner }) => {
      const { body } = await owner.get('/account/security')
      const [, path = ''] = /action="(\/account\/sessions\/[\w-]{43}\/end)"/.exec(body) ?? []
      return owner.post(path)
    },
    'the browser that asked for it signs out': ({ thief }) => submits(thief, '/sign-out'),
    'somebody else signs in in that browser': async ({ thief }) =>
      market.signsIn((await market.signsUp()).email, PASSWORD, thief),
    'the password is changed in another browser': ({ owner }) =>
      submits(owner, '/account/password', { current: PASSWORD, password: ANOTHER_PASSWORD }),
    'the password is changed in the browser that asked': ({ thief }) =>
      submits(thief, '/account/password', { current: PASSWORD, password: ANOTHER_PASSWORD }),
    'the password is reset by mail': async ({ email }) => {
      await market.asks('/reset-password', email)
      const browser = market.visitor()
      const link = await market.mail.linkTo(email)
      await browser.get(link)
      return browser.post(link, { password: ANOTHER_PASSWORD })
    },
    'codes at sign-in are turned on': ({ owner }) => turnsCodesOn(owner, market.now()),
    'the account is disabled': ({ email }) =>
      market.db
        .updateTable('customers')
        .set({ disabled_at: market.now() })
        .where('email_norm', '=', email)
        .execute(),
  }

  test.for(Object.keys(endings))('a link for a new address no longer works when %s', async (ending) => {
    const change = await anOpenChange()

    await endings[ending]?.(change)

    expect((await follows(change.link)).statusCode).toBe(404)
    expect(await market.customer(change.email)).toBeDefined()
    expect(await market.customer(change.next)).toBeUndefined()
  })

  test('a link for a new address still works when another browser of the person signs out', async () => {
    const { link, owner, next } = await anOpenChange()

    await submits(owner, '/sign-out')

    expect((await follows(link)).statusCode).toBe(200)
    expect(await market.customer(next)).toBeDefined()
  })

  test('when the sign-out and the link race, the link waits for the sign-out and is refused', async () => {
    const { link, email } = await anOpenChange()
    const person = await market.customer(email)
    let following: ReturnType<typeof follows> | undefined

    await inTransaction(market.db, async (tx) => {
      await tx.deleteFrom('sessions').where('customer_id', '=', person!.id).execute()
      following = follows(link)
      await expect.poll(() => lockWaiters(market.db), { timeout: 10_000 }).toBe(1)
    })

    expect((await following)?.statusCode).toBe(404)
    expect(await market.customer(email)).toBeDefined()
  })

  test('a change that is asked for while its sign-in ends is refused and mails no link', async () => {
    const { email, browser } = await market.signsUp()
    const person = await market.customer(email)
    const next = market.aNewEmail()
    let asking: ReturnType<typeof submits> | undefined

    await inTransaction(market.db, async (tx) => {
      await tx.deleteFrom('sessions').where('customer_id', '=', person!.id).execute()
      asking = submits(browser, '/account/email', { email: next })
      await expect.poll(() => lockWaiters(market.db), { timeout: 10_000 }).toBe(1)
    })

    const answer = await asking
    expect(answer?.statusCode).toBe(401)
    expect(answer?.body).toContain('The password has to be entered again.')
    expect([await market.subjects(next), await market.subjects(email)]).toEqual([
      [],
      ['Confirm your e-mail address'],
    ])
  })

  test('a link that the release before stored without a sign-in is refused', async () => {
    const { link, email } = await anOpenChange()

    await market.db.updateTable('mail_links').set({ asked_in: null }).execute()

    expect((await follows(link)).statusCode).toBe(404)
    expect(await market.customer(email)).toBeDefined()
  })
})

describe('the mail to the old address', () => {
  test('the old address gets a mail at once, which says that somebody asked for another address and how to stop it', async () => {
    const { email, next } = await anOpenChange()

    const [mail] = await market.mail.mailsTo(email)

    expect(mail?.subject).toBe('Somebody asked to change your e-mail address')
    expect(mail?.text).toContain(next)
    expect(mail?.text).toContain('sign out everywhere')
    expect(mail?.links).toContain('https://market.example/reset-password')
    expect(mail?.links.filter((url) => url.includes('/link/'))).toEqual([])
  })

  test('the old address gets the same mail when the new address belongs to somebody else', async () => {
    const [{ email, browser }, bob] = [await market.signsUp(), await market.signsUp()]

    await submits(browser, '/account/email', { email: bob.email })

    expect((await market.subjects(email)).at(-1)).toBe('Somebody asked to change your e-mail address')
  })
})
