import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { SCOPES } from '#domain/orgs'
import { addProjectToken, newKeyPair } from '#domain/projects'
import { openOrg } from '#domain/team'
import { mintId } from '#kernel/ids'
import { aProjectOf } from '../support/a-share.ts'
import { somebody } from '../support/a-team.ts'
import { type AccountMarket, anAccountMarket, DAY } from '../support/an-account.ts'
import { aColleague, actionsOf, anOwner, pageOf, signedUp, TEAM } from '../support/an-owner.ts'
import { titleAndMainOf } from '../support/a-visitor.ts'

const SETTINGS = `${TEAM}/settings`

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

describe('people who left', () => {
  test('the page of the team shows 50 of them, and leads to the others', async () => {
    const owner = await anOwner(market)
    const { id: project } = await aProjectOf(market.db, owner.org.id, owner.id)
    const aFormerMember = async () => {
      const { customer } = await somebody(market.db)
      const [id, at] = [mintId('ptk', market.now(), Math.random), market.now()]
      const made = { id, project, label: 'ci', keys: newKeyPair(), createdBy: customer, at }
      await addProjectToken(market.db, made)
      return customer
    }
    const left = (await Promise.all(Array.from({ length: 51 }, aFormerMember))).toSorted()
    const shownOn = (body: string) =>
      [...body.slice(body.indexOf('id="left"')).matchAll(/href="[^"]*members\/(cst_\w+)"/g)].map(
        ([, id]) => id,
      )

    const first = await pageOf(owner, TEAM)
    const [, next = ''] = /href="([^"]+)"[^>]*>Show more people who left/.exec(first) ?? []
    const second = await pageOf(owner, next)

    expect([shownOn(first), shownOn(second)]).toEqual([left.slice(0, 50), left.slice(50)])
    expect(second).not.toContain('Show more people')
    expect(first).not.toContain('First people who left')
    expect(second).toMatch(/href="\/account\/team#left"[^>]*>First people who left/)
    const beyond = await pageOf(owner, `${TEAM}?left_after=${left.at(-1)}`)
    expect(beyond).toContain('There are no more.')
    expect(beyond).toContain('First people who left')
    // a place that no page of ours names begins at the start
    expect(shownOn(await pageOf(owner, `${TEAM}?left_after=cst_x`))).toEqual(left.slice(0, 50))
  })
})

describe('the settings of an org', () => {
  test('an owner renames it and hands it over after typing its slug, and is an admin then', async () => {
    const owner = await anOwner(market)
    const next = await aColleague(market, owner, 'viewer')
    const { slug } = owner.org
    await owner.browser.get(SETTINGS)
    await owner.browser.post(`${SETTINGS}/rename`, { org: slug, name: 'Better shop' })
    expect(await pageOf(owner, `${SETTINGS}/transfer`)).toContain('Hand over Better shop')

    const untyped = await owner.browser.post(`${SETTINGS}/transfer`, {
      org: slug,
      email: next.email,
      confirm: 'x',
    })
    const done = await owner.browser.post(`${SETTINGS}/transfer`, {
      org: slug,
      email: ` ${next.email.toUpperCase()}`,
      confirm: slug,
    })
    const again = await owner.browser.post(`${SETTINGS}/transfer`, {
      org: slug,
      email: ` ${next.email.toUpperCase()}`,
      confirm: slug,
    })

    expect([untyped.statusCode, untyped.body.includes(`Type ${slug} to confirm.`)]).toEqual([422, true])
    const { location = '' } = done.headers
    expect([location, again.statusCode]).toEqual([`${TEAM}?saved=transferred&owner=${next.id}`, 403])
    expect(await pageOf(owner, String(location))).toMatch(/[^>]+ owns the org now\. You are an admin\./)
    expect(
      await pageOf(owner, `${TEAM}?saved=transferred&owner=${mintId('cst', market.now(), Math.random)}`),
    ).toContain('The org is handed over. You are an admin now.')
    expect((await actionsOf(market, owner)).filter((each) => each.endsWith('done'))).toEqual([
      'create_org done',
      'rename_org done',
      'transfer_org done',
    ])
    expect(await market.subjects(next.email)).toContain('You own Better shop now')
  })

  test('an org is handed over only to the address of one of its members', async () => {
    const owner = await anOwner(market)
    await aColleague(market, owner, 'viewer')
    const stranger = await anOwner(market)
    const { slug } = owner.org
    await owner.browser.get(SETTINGS)

    for (const email of [stranger.email, owner.email, 'nobody@example.test', '']) {
      const { statusCode, body } = await owner.browser.post(`${SETTINGS}/transfer`, {
        org: slug,
        email,
        confirm: slug,
      })

      const error =
        email === owner.email ? 'The org has no such member.' : 'No member of this org has this address.'
      expect([email, statusCode, body.includes(error)]).toEqual([email, 422, true])
      expect(body).toContain(`value="${email}"`)
    }
    expect(await actionsOf(market, owner)).not.toContain('transfer_org done')
  })

  test('an org is deleted after its slug was typed, and its people are asked for another org', async () => {
    const owner = await anOwner(market)
    const dev = await aColleague(market, owner, 'developer')
    const { slug } = owner.org
    await owner.browser.get(`${SETTINGS}/delete`)

    const untyped = await owner.browser.post(`${SETTINGS}/delete`, { org: slug, confirm: '' })
    const done = await owner.browser.post(`${SETTINGS}/delete`, { org: slug, confirm: slug })

    expect([untyped.statusCode, done.headers.location]).toEqual([422, '/account'])
    expect(await pageOf(dev, '/account')).toContain('You are not in')
    expect((await actionsOf(market, owner)).at(-1)).toBe('delete_org done')
  })

  test('a personal org is not deleted, and its page says why', async () => {
    const ann = await signedUp(market)

    expect(await pageOf(ann, `${SETTINGS}/delete`)).toContain('It is your personal org')
  })

  test('handing over and deleting ask for a new sign-in after 15 minutes, and come back', async () => {
    const owner = await anOwner(market)
    market.passes(16 * 60_000)

    const asked = await owner.browser.get(`${SETTINGS}/delete`)
    const posted = await owner.browser.post(`${SETTINGS}/delete`, {
      org: owner.org.slug,
      confirm: owner.org.slug,
    })

    const again = `/sign-in?again=1&continue=${encodeURIComponent(`${SETTINGS}/delete`)}`
    expect([asked.headers.location, posted.headers.location]).toEqual([again, again])
    expect((await actionsOf(market, owner)).at(-1)).toBe('create_org done')
  })

  test('making somebody an owner asks for a new sign-in after 15 minutes, and another role does not', async () => {
    const owner = await anOwner(market)
    const dev = await aColleague(market, owner, 'viewer')
    const member = `${TEAM}/members/${dev.id}`
    await owner.browser.get(TEAM)
    market.passes(16 * 60_000)
    const post = (path: string, fields: object) =>
      owner.browser.post(path, { org: owner.org.slug, ...fields })

    const asked = [
      await post(`${TEAM}/invites`, { email: market.aNewEmail(), role: 'owner' }),
      await post(`${member}/role`, { role: 'owner' }),
    ]
    const done = [
      await post(`${TEAM}/invites`, { email: market.aNewEmail(), role: 'admin' }),
      await post(`${member}/role`, { role: 'admin' }),
    ]

    const again = (page: string) => `/sign-in?again=1&continue=${encodeURIComponent(page)}`
    expect(asked.map(({ headers }) => headers.location)).toEqual([again(TEAM), again(member)])
    expect(done.map(({ headers }) => headers.location)).toEqual([
      `${TEAM}?saved=invited`,
      `${TEAM}?saved=role`,
    ])
    expect(await actionsOf(market, owner)).toEqual([
      'create_org done',
      'invite_member done',
      'change_member_role done',
    ])
  })

  test('removing an owner or taking the role asks for a new sign-in after 15 minutes, and another member is removed', async () => {
    const owner = await anOwner(market)
    const [second, dev] = [
      await aColleague(market, owner, 'owner'),
      await aColleague(market, owner, 'viewer'),
    ]
    const member = `${TEAM}/members/${second.id}`
    await owner.browser.get(TEAM)
    market.passes(16 * 60_000)
    const post = (path: string, fields: object = {}) =>
      owner.browser.post(path, { org: owner.org.slug, ...fields })

    const asked = [await post(`${member}/remove`), await post(`${member}/role`, { role: 'viewer' })]
    const done = await post(`${TEAM}/members/${dev.id}/remove`)

    const again = `/sign-in?again=1&continue=${encodeURIComponent(member)}`
    expect(asked.map(({ headers }) => headers.location)).toEqual([again, again])
    expect(done.headers.location).toBe(`${TEAM}?saved=removed`)
    expect(await actionsOf(market, owner)).toEqual(['create_org done', 'remove_member done'])
  })

  test('a slug that is taken or reserved is refused beside the field, and only so many orgs are created in a day', async () => {
    const owner = await anOwner(market)
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
    expect((await create('One more')).body).toContain('as many orgs as you may within a day')
    market.passes(DAY + 1)
    await expect(
      openOrg(market.db, { caller, name: `${owner.org.slug} last`, at: market.now() }),
    ).resolves.toBeDefined()
  })
})
