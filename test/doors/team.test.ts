import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifyChain } from '#domain/audit'
import { addMember, type OrgAccess, orgForCustomer, SCOPES } from '#domain/orgs'
import { openOrg } from '#domain/team'
import { addProjectToken, createBareProject, newKeyPair } from '#domain/projects'
import { type CustomerId, mintId } from '#kernel/ids'
import { auditOf } from '../support/a-member.ts'
import { type AccountMarket, anAccountMarket, DAY, PASSWORD } from '../support/an-account.ts'
import { titleAndMainOf, type Visitor } from '../support/a-visitor.ts'
import type { OrgRole } from '../../src/platform/tables.ts'

const TEAM = '/account/team'
const SETTINGS = `${TEAM}/settings`

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

interface Signed {
  email: string
  id: CustomerId
  browser: Visitor
}
async function signedUp(): Promise<Signed> {
  const { email, browser } = await market.signsUp()
  const { id = 'cst_none' } = (await market.customer(email)) ?? {}
  return { email, id, browser }
}

let orgs = 0
/** A new org whose owner works in it. */
async function anOwner(): Promise<Signed & { org: OrgAccess }> {
  const owner = await signedUp()
  const name = `Shop ${++orgs}`
  await owner.browser.get('/account/orgs/new')
  const made = await owner.browser.post('/account/orgs/new', { name })
  expect(made.headers.location).toBe(`${TEAM}?saved=created`)
  return { ...owner, org: await orgForCustomer(market.db, owner.id, `shop-${orgs}`) }
}
/** Another person, who works in the org. */
async function aColleague({ org }: { org: OrgAccess }, role: OrgRole): Promise<Signed> {
  const colleague = await signedUp()
  await addMember(market.db, { org: org.id, customer: colleague.id, role, at: market.now() })
  await colleague.browser.get('/account')
  await colleague.browser.post('/account/active-org', { org: org.slug })
  return colleague
}
const page = async ({ browser }: Signed, path: string) => titleAndMainOf((await browser.get(path)).body)
const actions = async ({ org }: { org: OrgAccess }) =>
  (await auditOf(market.db, org.id)).map(({ action, outcome }) => `${String(action)} ${String(outcome)}`)

describe('a mailed invite', () => {
  test('leads a person without an account through the sign-up and back, and works once', async () => {
    const owner = await anOwner()
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
    expect(await actions(owner)).toEqual(['create_org done', 'invite_member done', 'accept_invite done'])
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
    const owner = await anOwner()
    const [ann, eve] = [await signedUp(), await signedUp()]
    await owner.browser.get(TEAM)
    await owner.browser.post(`${TEAM}/invites`, { org: owner.org.slug, email: ann.email, role: 'admin' })
    const link = await market.mail.linkTo(ann.email, 'invites')
    const { id } = await market.db
      .selectFrom('org_invites')
      .select('id')
      .where('email_norm', '=', ann.email)
      .executeTakeFirstOrThrow()

    expect(await page(eve, link)).toContain(`You are signed in as ${eve.email}`)
    for (const ref of [link, `/invites/${id}`])
      expect((await eve.browser.post(`${ref}/accept`)).statusCode).toBe(404)
    expect((await eve.browser.get(`/invites/${id}`)).statusCode).toBe(404)
    expect((await market.visitor().get(`/invites/${id}`)).headers.location).toContain('/sign-in?continue=')
    expect(await page(ann, '/account')).toContain(`You are invited to ${owner.org.name}`)
    expect(await page(ann, `/invites/${id}`)).toContain(`Join ${owner.org.name}`)
    await owner.browser.get(TEAM)
    const revoked = await owner.browser.post(`${TEAM}/invites/${id}/revoke`, { org: owner.org.slug })
    expect(revoked.headers.location).toBe(`${TEAM}?saved=revoked`)
    const late = await ann.browser.post(`${link}/accept`)
    expect([late.statusCode, titleAndMainOf(late.body)]).toEqual([
      409,
      expect.stringContaining('was revoked'),
    ])
    expect(await actions(owner)).toEqual(['create_org done', 'invite_member done', 'revoke_invite done'])
  })

  test.for([
    ['nobody', 'This is not an e-mail address.'],
    ['OWNER', 'This person is in the org already, as owner.'],
  ])('to %s is refused beside the field, and the form keeps what was typed', async ([typed, sentence]) => {
    const owner = await anOwner()
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

describe('the team page', () => {
  test('a developer sees the members without addresses and forms, and changes nothing', async () => {
    const owner = await anOwner()
    const dev = await aColleague(owner, 'developer')

    const shown = await page(dev, TEAM)
    expect(shown).toContain('Members')
    expect(shown).not.toContain(owner.email)
    expect(shown).not.toContain('Send the invite')
    const forms = [
      [`${TEAM}/invites`, { email: 'x@example.test', role: 'viewer' }],
      [`${TEAM}/members/${owner.id}/role`, { role: 'viewer' }],
      [`${TEAM}/members/${owner.id}/remove`, {}],
      [`${SETTINGS}/rename`, { name: 'Mine' }],
      [`${SETTINGS}/delete`, { confirm: owner.org.slug }],
    ] as const
    for (const [path, fields] of forms)
      expect([path, (await dev.browser.post(path, { org: owner.org.slug, ...fields })).statusCode]).toEqual([
        path,
        403,
      ])
    for (const path of [`${TEAM}/members/${owner.id}`, `${SETTINGS}/transfer`])
      expect([path, (await dev.browser.get(path)).statusCode]).toEqual([path, 403])
    expect(
      (await dev.browser.post(`${TEAM}/invites`, { org: 'shop-0', email: 'a@b.cd', role: 'viewer' }))
        .statusCode,
    ).toBe(404)
    expect((await auditOf(market.db, owner.org.id)).filter(({ outcome }) => outcome === 'done')).toHaveLength(
      1,
    )
  })

  test('an owner changes a role and removes a member, whose next page names the lost org, and ends the keys that go on', async () => {
    const owner = await anOwner()
    const dev = await aColleague(owner, 'viewer')
    const { org } = owner
    const member = `${TEAM}/members/${dev.id}`
    await owner.browser.get(TEAM)
    await owner.browser.post(`${member}/role`, { org: org.slug, role: 'developer' })
    const at = market.now()
    const caller = { customer: dev.id, scopes: SCOPES }
    await createBareProject(market.db, {
      caller,
      org: { ...org, role: 'developer' },
      input: { name: 'Web' },
      key: undefined,
      at,
    })
    const { id: project } = await market.db
      .selectFrom('projects')
      .select('id')
      .where('org_id', '=', org.id)
      .executeTakeFirstOrThrow()
    const token = mintId('ptk', at, Math.random)
    const made = { id: token, project, label: 'a server', keys: newKeyPair(), createdBy: dev.id, at }
    await addProjectToken(market.db, made)

    expect(await page(owner, `${member}/remove`)).toContain('1 key pair')
    const removed = await owner.browser.post(`${member}/remove`, { org: org.slug })
    expect(removed.headers.location).toBe(`${member}?saved=removed`)

    expect(await page(dev, '/account/team')).toContain(`You are not in ${org.name} any more`)
    expect((await dev.browser.post(`${TEAM}/members/${dev.id}/remove`, { org: org.slug })).statusCode).toBe(
      404,
    )
    expect(await page(owner, TEAM)).toContain('People who left')
    expect(await page(owner, member)).toContain('Keys “')
    const ended = await owner.browser.post(`${member}/tokens/${token}/revoke`, { org: org.slug })
    expect(ended.headers.location).toBe(`${member}?saved=token_revoked`)
    expect((await owner.browser.get(member)).statusCode).toBe(404)
    expect(await page(owner, TEAM)).not.toContain('People who left')
    expect(await actions(owner)).toEqual([
      'create_org done',
      'change_member_role done',
      'create_project done',
      'remove_member done',
      'revoke_project_token done',
    ])
    expect(await verifyChain(market.db, `org:${org.id}`)).toMatchObject({ intact: true })
  })

  test('the last owner is told to make another one, and a member may leave', async () => {
    const owner = await anOwner()
    const dev = await aColleague(owner, 'viewer')

    const stays = await owner.browser.post(`${TEAM}/members/${owner.id}/remove`, { org: owner.org.slug })
    await page(dev, `${TEAM}/members/${dev.id}/remove`)
    const leaves = await dev.browser.post(`${TEAM}/members/${dev.id}/remove`, { org: owner.org.slug })

    expect([stays.statusCode, titleAndMainOf(stays.body)]).toEqual([
      409,
      expect.stringContaining('Make another member an owner first.'),
    ])
    expect([leaves.statusCode, leaves.headers.location]).toEqual([303, '/account'])
  })
})

describe('the settings of an org', () => {
  test('an owner renames it and hands it over after typing its slug, and is an admin then', async () => {
    const owner = await anOwner()
    const next = await aColleague(owner, 'viewer')
    const { slug } = owner.org
    await owner.browser.get(SETTINGS)
    await owner.browser.post(`${SETTINGS}/rename`, { org: slug, name: 'Better shop' })
    expect(await page(owner, `${SETTINGS}/transfer`)).toContain('Hand over Better shop')

    const untyped = await owner.browser.post(`${SETTINGS}/transfer`, {
      org: slug,
      member: next.id,
      confirm: 'x',
    })
    const done = await owner.browser.post(`${SETTINGS}/transfer`, {
      org: slug,
      member: next.id,
      confirm: slug,
    })
    const again = await owner.browser.post(`${SETTINGS}/transfer`, {
      org: slug,
      member: next.id,
      confirm: slug,
    })

    expect([untyped.statusCode, untyped.body.includes(`Type ${slug} to confirm.`)]).toEqual([422, true])
    expect([done.headers.location, again.statusCode]).toEqual([`${TEAM}?saved=transferred`, 403])
    expect((await actions(owner)).filter((each) => each.endsWith('done'))).toEqual([
      'create_org done',
      'rename_org done',
      'transfer_org done',
    ])
    expect(await market.subjects(next.email)).toContain('You own Better shop now')
  })

  test('an org is deleted after its slug was typed, and its people are asked for another org', async () => {
    const owner = await anOwner()
    const dev = await aColleague(owner, 'developer')
    const { slug } = owner.org
    await owner.browser.get(`${SETTINGS}/delete`)

    const untyped = await owner.browser.post(`${SETTINGS}/delete`, { org: slug, confirm: '' })
    const done = await owner.browser.post(`${SETTINGS}/delete`, { org: slug, confirm: slug })

    expect([untyped.statusCode, done.headers.location]).toEqual([422, '/account'])
    expect(await page(dev, '/account')).toContain('You are not in')
    expect((await actions(owner)).at(-1)).toBe('delete_org done')
  })

  test('a personal org is not deleted, and its page says why', async () => {
    const ann = await signedUp()

    expect(await page(ann, `${SETTINGS}/delete`)).toContain('It is your personal org')
  })

  test('handing over and deleting ask for a new sign-in after 15 minutes, and come back', async () => {
    const owner = await anOwner()
    market.passes(16 * 60_000)

    const asked = await owner.browser.get(`${SETTINGS}/delete`)
    const posted = await owner.browser.post(`${SETTINGS}/delete`, {
      org: owner.org.slug,
      confirm: owner.org.slug,
    })

    const again = `/sign-in?again=1&continue=${encodeURIComponent(`${SETTINGS}/delete`)}`
    expect([asked.headers.location, posted.headers.location]).toEqual([again, again])
    expect((await actions(owner)).at(-1)).toBe('create_org done')
  })

  test('a slug that is taken or reserved is refused beside the field, and only so many orgs are created in a day', async () => {
    const owner = await anOwner()
    await owner.browser.get('/account/orgs/new')
    const create = (name: string, slug = '') => owner.browser.post('/account/orgs/new', { name, slug })

    for (const [name, slug, sentence] of [
      ['Other', owner.org.slug, 'You are in an org with the slug'],
      ['Packagento', '', 'The slug packagento is taken.'],
      ['商店', '', 'The slug of an org has 2 to 40 characters'],
    ] as const) {
      const refused = await create(name, slug)
      expect([refused.statusCode, titleAndMainOf(refused.body)]).toEqual([
        422,
        expect.stringContaining(sentence),
      ])
    }
    const caller = { customer: owner.id, scopes: SCOPES }
    for (let n = 1; n < 10; n++)
      await openOrg(market.db, { caller, name: `${owner.org.slug} ${n}`, at: market.now() })
    expect((await create('One more')).body).toContain('too many orgs today')
    market.passes(DAY + 1)
    await expect(
      openOrg(market.db, { caller, name: `${owner.org.slug} last`, at: market.now() }),
    ).resolves.toBeDefined()
  })
})
