import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Visitor } from '../../support/a-visitor.ts'
import { type AccountMarket, anAccountMarket } from '../../support/an-account.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

async function submits(browser: Visitor, path: string, form: Record<string, string>) {
  await browser.get(path)
  return browser.post(path, form)
}

describe('a change of the address', () => {
  async function follows(link: string) {
    const browser = market.visitor()
    await browser.get('/sign-in')
    await browser.get(link)
    return browser.post(link)
  }

  test('an address changes when the link in the new mailbox is used, and the old address gets a mail', async () => {
    const { email, browser } = await market.signsUp()
    const next = market.aNewEmail()

    const asked = await submits(browser, '/account/email', { email: ` ${next.toUpperCase()}` })
    expect(asked.statusCode).toBe(200)
    const link = await market.mail.linkTo(next)
    await market.visitor().get(link)
    expect(await market.customer(email)).toBeDefined()
    const done = await follows(link)

    expect(done.statusCode).toBe(200)
    expect(await market.customer(email)).toBeUndefined()
    expect((await market.signsIn(next)).answer.statusCode).toBe(303)
    expect((await market.signsIn(email)).answer.statusCode).toBe(401)
    const [notice] = await market.mail.mailsTo(email)
    expect(notice).toMatchObject({
      subject: 'Your e-mail address was changed',
      text: expect.stringContaining(next),
    })
    expect((await follows(link)).statusCode).toBe(404)
  })

  test('a change to the address of another account gets the same answer, and its owner gets a mail without a link', async () => {
    const [ann, bob] = [await market.signsUp(), await market.signsUp()]
    const free = market.aNewEmail()

    const taken = await submits(ann.browser, '/account/email', { email: bob.email })
    const unknown = await submits(ann.browser, '/account/email', { email: free })

    const bare = (body: string, address: string) =>
      body.replaceAll(/value="[^"]*"/g, '').replaceAll(address, '')
    expect(bare(taken.body, bob.email)).toBe(bare(unknown.body, free))
    const [mail] = await market.mail.mailsTo(bob.email)
    expect(mail?.subject).toBe('This address already has an account')
    expect(mail?.links.filter((url) => url.includes('/link/'))).toEqual([])
  })

  test('a change to an address that gets an account meanwhile is refused and changes nothing', async () => {
    const { email, browser } = await market.signsUp()
    const next = market.aNewEmail()
    await submits(browser, '/account/email', { email: next })
    const link = await market.mail.linkTo(next)
    await market.signsUp(next)

    expect((await follows(link)).statusCode).toBe(404)

    expect(await market.customer(email)).toBeDefined()
    expect(await market.events(email)).toEqual(['sign_up done', 'request_email_change done'])
  })

  test('when two people confirm the same new address at once, only one of them gets it', async () => {
    const people = [await market.signsUp(), await market.signsUp()]
    const next = market.aNewEmail()
    const links: string[] = []
    for (const { browser } of people) {
      await submits(browser, '/account/email', { email: next })
      links.push(await market.mail.linkTo(next))
    }

    const answers = await Promise.all(links.map(follows))

    expect(answers.map(({ statusCode }) => String(statusCode)).sort()).toEqual(['200', '404'])
  })

  test('a person may ask for five changes of the address in an hour', async () => {
    const { browser } = await market.signsUp()
    for (let i = 0; i < 5; i++)
      expect((await submits(browser, '/account/email', { email: market.aNewEmail() })).statusCode).toBe(200)

    expect((await submits(browser, '/account/email', { email: market.aNewEmail() })).statusCode).toBe(429)
  })
})
