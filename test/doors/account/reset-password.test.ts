import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { orgsOf } from '#domain/orgs'
import {
  type AccountMarket,
  anAccountMarket,
  ANOTHER_PASSWORD,
  isSignedIn,
  MINUTE,
  PASSWORD,
  turnsCodesOn,
} from '../../support/an-account.ts'
import { aConnection } from '../../support/mcp.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

async function asksForReset(email: string): Promise<string> {
  await market.asks('/reset-password', email)
  return market.mail.linkTo(email)
}

/** Opens a link in a new browser and sends its form. */
async function follows(link: string, form: Record<string, string>) {
  const browser = market.visitor()
  await browser.get('/sign-in')
  await browser.get(link)
  return { browser, answer: await browser.post(link, form) }
}

describe('a person who has forgotten the password', () => {
  test('a person sets a new password by a mailed link, and all other sign-ins end', async () => {
    const { email, browser: before } = await market.signsUp()
    const link = await asksForReset(email)

    const { browser, answer } = await follows(link, { password: ANOTHER_PASSWORD })

    expect(answer.statusCode).toBe(303)
    expect([await isSignedIn(browser), await isSignedIn(before)]).toEqual([true, false])
    expect((await market.signsIn(email, PASSWORD)).answer.statusCode).toBe(401)
    expect((await market.signsIn(email, ANOTHER_PASSWORD)).answer.statusCode).toBe(303)
    expect((await market.subjects(email)).at(-1)).toBe('Your password was changed')
    expect(await market.events(email)).toEqual([
      'sign_up done',
      'request_password_reset done',
      'reset_password done',
      'sign_in refused',
      'sign_in done',
    ])
  })

  test('a reset link works for 30 minutes, and only once', async () => {
    const { email } = await market.signsUp()
    const [one, other] = [await asksForReset(email), await asksForReset(email)]
    market.passes(29 * MINUTE)
    expect((await follows(one, { password: ANOTHER_PASSWORD })).answer.statusCode).toBe(303)
    const last = await asksForReset(email)

    // the first reset also used up the second link
    expect((await market.visitor().get(other)).statusCode).toBe(404)
    expect((await market.visitor().get(one)).statusCode).toBe(404)
    market.passes(30 * MINUTE)
    expect((await market.visitor().get(last)).statusCode).toBe(404)
  })

  test('two reset links that are used at once set one password, without a deadlock', async () => {
    const { email } = await market.signsUp()
    const links = [await asksForReset(email), await asksForReset(email)]

    const done = await Promise.all(
      links.map((link, i) => follows(link, { password: `${ANOTHER_PASSWORD} ${i}` })),
    )

    expect(done.map(({ answer }) => String(answer.statusCode)).sort()).toEqual(['303', '404'])
    const winner = done.findIndex(({ answer }) => answer.statusCode === 303)
    expect((await market.signsIn(email, `${ANOTHER_PASSWORD} ${winner}`)).answer.statusCode).toBe(303)
    expect((await market.signsIn(email, `${ANOTHER_PASSWORD} ${1 - winner}`)).answer.statusCode).toBe(401)
  })

  test('a weak new password is refused, and the old one stays', async () => {
    const { email } = await market.signsUp()
    const link = await asksForReset(email)

    expect((await follows(link, { password: 'qwertyuiopasdf' })).answer.statusCode).toBe(422)
    expect((await market.signsIn(email)).answer.statusCode).toBe(303)
  })

  test('a reset link that was sent to an earlier address of the account sets no password', async () => {
    const { email } = await market.signsUp()
    const link = await asksForReset(email)
    const next = market.aNewEmail()
    await market.db
      .updateTable('customers')
      .set({ email_norm: next })
      .where('email_norm', '=', email)
      .execute()

    expect((await follows(link, { password: ANOTHER_PASSWORD })).answer.statusCode).toBe(404)
    expect((await market.signsIn(next)).answer.statusCode).toBe(303)
  })

  test('a reset link no longer works after the address was changed', async () => {
    const { email, browser } = await market.signsUp()
    const reset = await asksForReset(email)
    const next = market.aNewEmail()
    await browser.get('/account/email')
    await browser.post('/account/email', { email: next })

    await follows(await market.mail.linkTo(next), {})

    expect((await market.visitor().get(reset)).statusCode).toBe(404)
  })

  test('a disabled customer cannot set a password', async () => {
    const { email } = await market.signsUp()
    const link = await asksForReset(email)
    const before = await market.customer(email)
    await market.db
      .updateTable('customers')
      .set({ disabled_at: new Date() })
      .where('email_norm', '=', email)
      .execute()

    expect((await follows(link, { password: ANOTHER_PASSWORD })).answer.statusCode).toBe(404)
    expect(await market.customer(email)).toEqual(before)
  })

  test('a new password does not replace the code of a second factor', async () => {
    const { email, browser: owner } = await market.signsUp()
    const { codeAt } = await turnsCodesOn(owner, market.now())
    const link = await asksForReset(email)

    const { browser, answer } = await follows(link, { password: ANOTHER_PASSWORD })

    expect(answer.headers.location).toBe('/sign-in/code?continue=%2F')
    expect(await isSignedIn(browser)).toBe(false)
    market.passes(MINUTE)
    await browser.get('/sign-in/code')
    await browser.post('/sign-in/code', { code: codeAt(market.now()) })
    expect(await isSignedIn(browser)).toBe(true)
  })
})

describe('the connections of a person who sets a new password', () => {
  async function anAssistantOf(email: string): Promise<void> {
    const customer = (await market.customer(email))!.id
    const [org] = await orgsOf(market.db, customer)
    await aConnection(market.db, { customer, activeOrg: org!.id })
  }

  test('a password reset ends all connections when the box is ticked', async () => {
    const { email } = await market.signsUp()
    await anAssistantOf(email)
    await anAssistantOf(email)

    await follows(await asksForReset(email), { password: ANOTHER_PASSWORD, end_connections: '1' })

    const customer = (await market.customer(email))!.id
    const rows = await market.db
      .selectFrom('connections')
      .leftJoin('access_tokens', 'connection_id', 'connections.id')
      .select(['revoke_reason', 'token_hash'])
      .where('customer_id', '=', customer)
      .execute()
    expect(rows).toEqual([
      { revoke_reason: 'password_reset', token_hash: null },
      { revoke_reason: 'password_reset', token_hash: null },
    ])
  })

  test('the box that ends all connections is ticked by default; when a person unticks it, the connections stay', async () => {
    const { email } = await market.signsUp()
    await anAssistantOf(email)
    const link = await asksForReset(email)
    expect((await market.visitor().get(link)).body).toMatch(/name="end_connections"[^>]*checked/)

    await follows(link, { password: ANOTHER_PASSWORD })

    const customer = (await market.customer(email))!.id
    const rows = await market.db
      .selectFrom('connections')
      .select('revoked_at')
      .where('customer_id', '=', customer)
      .execute()
    expect(rows).toEqual([{ revoked_at: null }])
  })

  test('a new password ends no connection of other people', async () => {
    const [ann, bob] = [await market.signsUp(), await market.signsUp()]
    await anAssistantOf(bob.email)

    await follows(await asksForReset(ann.email), { password: ANOTHER_PASSWORD, end_connections: '1' })

    const customer = (await market.customer(bob.email))!.id
    const rows = await market.db
      .selectFrom('connections')
      .select('revoked_at')
      .where('customer_id', '=', customer)
      .execute()
    expect(rows).toEqual([{ revoked_at: null }])
  })
})
