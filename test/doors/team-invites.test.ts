import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AccountMarket, anAccountMarket, PASSWORD } from '../support/an-account.ts'
import { actionsOf, anOwner, pageOf, signedUp, TEAM } from '../support/an-owner.ts'
import { titleAndMainOf } from '../support/a-visitor.ts'

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

describe('a mailed invite', () => {
  test('leads a person without an account through the sign-up and back, and works once', async () => {
    const owner = await anOwner(market)
    const email = market.aNewEmail()
    await owner.browser.get(TEAM)
    const sent = await owner.browser.post(`${TEAM}/invites`, {
      org: owner.org.slug,
      email,
      role: 'developer',
    })
    expect(sent.headers.location).toBe(`${TEAM}?saved=invited`)

    const link = await market.mail.linkTo(email, 'invites')
    const guest = market.visitor()
    const opened = titleAndMainOf((await guest.get(link)).body)
    expect(opened).toContain(`Join ${owner.org.name}`)
    expect(opened).toContain(email)
    // opening it changed nothing
    expect((await guest.get(link)).statusCode).toBe(200)
    expect((await guest.post(`${link}/sign-up`)).body).toContain('Look into your mailbox')
    const account = await market.mail.linkTo(email)
    await guest.get(account)
    const done = await guest.post(account, { name: 'Gil Guest', password: PASSWORD })
    const back = String(done.headers.location)
    // the address to come back to has the id, never the token
    expect(back).toMatch(/^\/invites\/inv_\w{26}$/)
    await guest.get(back)
    const joined = await guest.post(`${back}/accept`)
    expect(joined.headers.location).toBe(`${TEAM}?saved=joined`)
    const team = (await guest.get(TEAM)).body
    expect(titleAndMainOf(team)).toContain('Gil Guest')
    expect(/class="org-name">([^<]*)</.exec(team)?.[1]).toBe(owner.org.name)

    expect((await guest.get(link)).headers.location).toBe(TEAM)
    expect((await guest.post(`${back}/accept`)).headers.location).toBe(`${TEAM}?saved=joined`)
    expect((await market.visitor().get(link)).statusCode).toBe(404)
    expect(await actionsOf(market, owner)).toEqual([
      'create_org done',
      'invite_member done',
      'accept_invite done',
    ])
    const token = link.split('/').at(-1) ?? ''
    const links = await market.db
      .selectFrom('mail_links')
      .select('back')
      .where('email_norm', '=', email)
      .execute()
    expect(JSON.stringify(links)).not.toContain(token)
    expect(await market.events(email)).toContain('sign_up done')
    // request_sign_up is in the chain of the market, because nobody had the address yet
    expect(JSON.stringify(market.logged())).not.toContain(token)
  })

  test('is no use to another person, neither by its link nor by its id', async () => {
    const owner = await anOwner(market)
    const [ann, eve] = [await signedUp(market), await signedUp(market)]
    await owner.browser.get(TEAM)
    await owner.browser.post(`${TEAM}/invites`, { org: owner.org.slug, email: ann.email, role: 'admin' })
    const link = await market.mail.linkTo(ann.email, 'invites')
    const { id } = await market.db
      .selectFrom('org_invites')
      .select('id')
      .where('email_norm', '=', ann.email)
      .executeTakeFirstOrThrow()

    expect(await pageOf(eve, link)).toContain(`You are signed in as ${eve.email}`)
    for (const ref of [link, `/invites/${id}`])
      expect((await eve.browser.post(`${ref}/accept`)).statusCode).toBe(404)
    expect((await eve.browser.get(`/invites/${id}`)).statusCode).toBe(404)
    expect((await market.visitor().get(`/invites/${id}`)).headers.location).toContain('/sign-in?continue=')
    expect(await pageOf(ann, '/account')).toContain(`You are invited to ${owner.org.name}`)
    expect(await pageOf(ann, `/invites/${id}`)).toContain(`Join ${owner.org.name}`)
    await owner.browser.get(TEAM)
    const revoked = await owner.browser.post(`${TEAM}/invites/${id}/revoke`, { org: owner.org.slug })
    expect(revoked.headers.location).toBe(`${TEAM}?saved=revoked`)
    const late = await ann.browser.post(`${link}/accept`)
    expect([late.statusCode, titleAndMainOf(late.body)]).toEqual([
      409,
      expect.stringContaining('was revoked'),
    ])
    expect(await actionsOf(market, owner)).toEqual([
      'create_org done',
      'invite_member done',
      'revoke_invite done',
    ])
  })

  test.for([
    ['nobody', 'This is not an e-mail address.'],
    ['OWNER', 'This person is in the org already, as owner.'],
  ])('to %s is refused beside the field, and the form keeps what was typed', async ([typed, sentence]) => {
    const owner = await anOwner(market)
    const email = typed === 'OWNER' ? owner.email : typed
    await owner.browser.get(TEAM)

    const refused = await owner.browser.post(`${TEAM}/invites`, {
      org: owner.org.slug,
      email,
      role: 'billing',
    })

    const shown = titleAndMainOf(refused.body)
    expect(refused.statusCode).toBe(422)
    expect(shown).toContain(sentence)
    expect(shown).toContain(`value="${email}"`)
    expect(shown).toMatch(/value="billing"\s+checked/)
  })
})
