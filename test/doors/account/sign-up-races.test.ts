import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createPersonalOrg, orgsOf } from '#domain/orgs'
import { type AccountMarket, anAccountMarket, PASSWORD } from '../../support/an-account.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

/** Asks for a link to sign up; returns its path. */
async function asksForLink(email: string): Promise<string> {
  expect((await market.asks('/sign-up', email)).statusCode).toBe(200)
  return market.mail.linkTo(email)
}
const FORM = { name: 'Ann Example', password: PASSWORD }

describe('sign-ups at the same time', () => {
  test('one link that is confirmed five times at once opens one account with one org', async () => {
    const email = market.aNewEmail()
    const link = await asksForLink(email)
    const browsers = Array.from({ length: 5 }, () => market.visitor())
    for (const browser of browsers) await browser.get(link)

    const answers = await Promise.all(browsers.map((browser) => browser.post(link, FORM)))

    expect(answers.map(({ statusCode }) => String(statusCode)).sort()).toEqual([
      '303',
      '404',
      '404',
      '404',
      '404',
    ])
    const customer = await market.customer(email)
    expect(await orgsOf(market.db, customer!.id)).toHaveLength(1)
  })

  test('two links of one address that are confirmed at once open one account', async () => {
    const email = market.aNewEmail()
    const links = [await asksForLink(email), await asksForLink(email)]
    const browsers = [market.visitor(), market.visitor()]
    for (const [i, browser] of browsers.entries()) await browser.get(links[i]!)

    const answers = await Promise.all(browsers.map((browser, i) => browser.post(links[i]!, FORM)))

    expect(answers.map(({ statusCode }) => String(statusCode)).sort()).toEqual(['303', '404'])
    expect(await market.customer(email)).toBeDefined()
  })

  test('five people with the same name before the @ get five different slugs', async () => {
    const emails = Array.from({ length: 5 }, (_, i) => `jo.doe+${i}@host${i}.test`)
    const links: string[] = []
    for (const email of emails) links.push(await asksForLink(email))
    const browsers = links.map(() => market.visitor())
    for (const [i, browser] of browsers.entries()) await browser.get(links[i]!)

    await Promise.all(browsers.map((browser, i) => browser.post(links[i]!, FORM)))

    const orgs = await market.db.selectFrom('orgs').select('slug').where('slug', 'like', 'jo-doe%').execute()
    expect(orgs).toHaveLength(5)
    expect(orgs.map(({ slug }) => slug)).toContain('jo-doe')
  })

  test('a customer never has two personal orgs', async () => {
    const { email } = await market.signsUp()
    const customer = (await market.customer(email))!.id

    await expect(
      createPersonalOrg(market.db, { customer, email, name: 'Ann', at: new Date() }),
    ).rejects.toThrow('personal_of')
  })
})
