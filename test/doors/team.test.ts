import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startAddPaymentMethod } from '#contracts/start-add-payment-method'
import { verifyChain } from '#domain/audit'
import { addBillingAccount, addPaymentMethod } from '#domain/billing'
import { operationsOn } from '#domain/operations'
import { orgForCustomer, SCOPES } from '#domain/orgs'
import { addProjectToken, createBareProject, newKeyPair } from '#domain/projects'
import { mintId } from '#kernel/ids'
import { auditOf } from '../support/a-member.ts'
import { type AccountMarket, anAccountMarket } from '../support/an-account.ts'
import {
  aColleague,
  actionsOf,
  anOwner,
  type Owner,
  pageOf,
  type Signed,
  signedUp,
  TEAM,
} from '../support/an-owner.ts'
import { noTemporal } from '../support/no-temporal.ts'
import { aPendingShare, aProjectOf } from '../support/a-share.ts'
import { titleAndMainOf } from '../support/a-visitor.ts'

const SETTINGS = `${TEAM}/settings`

let market: AccountMarket
beforeAll(async () => {
  market = await anAccountMarket()
})
afterAll(() => market.close())

/** An operation of a member that has not begun. */
async function anOperationBy(of: AccountMarket, { org }: Owner, { id: customer }: Signed) {
  const operations = operationsOn({ db: of.db, ...noTemporal })
  const access = await orgForCustomer(of.db, customer, org.id)
  const asked = { caller: { customer, scopes: SCOPES }, org: access, input: {}, at: of.now() }
  const started = { ...asked, key: `key-${customer}` }
  return (await operations.startOrJoin(startAddPaymentMethod, started)).operation.id
}

describe('the team page', () => {
  test('a developer sees the members without addresses and forms, and changes nothing', async () => {
    const owner = await anOwner(market)
    const dev = await aColleague(market, owner, 'developer')

    const shown = await pageOf(dev, TEAM)
    expect(shown).toContain('Members')
    expect(shown).not.toContain(owner.email)
    expect(shown).not.toContain('Send the invite')
    const owners = await pageOf(owner, TEAM)
    expect(owners).toContain('Send the invite')
    // the form is on the page, so no button leads to it
    expect(owners).not.toContain('href="#invite"')
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
      (await dev.browser.post(`${TEAM}/invites`, { org: 'hooli', email: 'a@b.cd', role: 'viewer' }))
        .statusCode,
    ).toBe(404)
    expect((await auditOf(market.db, owner.org.id)).filter(({ outcome }) => outcome === 'done')).toHaveLength(
      1,
    )
  })

  test('an owner changes a role and removes a member, whose next page names the lost org, and ends the keys that go on', async () => {
    const owner = await anOwner(market)
    const dev = await aColleague(market, owner, 'viewer')
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
    const keys = newKeyPair()
    await addProjectToken(market.db, { id: token, project, label: 'a server', keys, createdBy: dev.id, at })
    await market.db
      .updateTable('project_tokens')
      .set({ expires_at: new Date('2099-12-31T12:00:00Z') })
      .where('id', '=', token)
      .execute()

    expect(await pageOf(owner, `${member}/remove`)).toContain('1 key pair')
    const removed = await owner.browser.post(`${member}/remove`, { org: org.slug })
    expect(removed.headers.location).toBe(`${member}?saved=removed`)

    expect(await pageOf(dev, '/account/team')).toContain(`You are not in ${org.name} any more`)
    expect((await dev.browser.post(`${TEAM}/members/${dev.id}/remove`, { org: org.slug })).statusCode).toBe(
      404,
    )
    expect(await pageOf(owner, TEAM)).toContain('People who left')
    const left = await pageOf(owner, member)
    expect(left).toContain(`<span class="mono">${keys.publicKey}</span>`)
    expect(left).toMatch(/works until <time[^>]*>31 Dec 2099</)
    expect(left).toMatch(new RegExp(`aria-label="Revoke the keys a server of [^"]*, ${keys.publicKey}"`))
    // a key of somebody else is not revoked under the URL of this person
    const own = mintId('ptk', at, Math.random)
    const made = { id: own, project, label: 'mine', keys: newKeyPair(), createdBy: owner.id, at }
    await addProjectToken(market.db, made)
    const foreign = await owner.browser.post(`${member}/tokens/${own}/revoke`, { org: org.slug })
    expect(foreign.statusCode).toBe(404)
    const { revoked_at } = await market.db
      .selectFrom('project_tokens')
      .select('revoked_at')
      .where('id', '=', own)
      .executeTakeFirstOrThrow()
    expect(revoked_at).toBeNull()

    const ended = await owner.browser.post(`${member}/tokens/${token}/revoke`, { org: org.slug })
    // nothing of theirs goes on, so their page is gone
    expect((await owner.browser.get(String(ended.headers.location))).headers.location).toBe(
      '/account/team?saved=token_revoked',
    )
    expect((await owner.browser.get(member)).statusCode).toBe(404)
    expect(await pageOf(owner, TEAM)).not.toContain('People who left')
    expect(await actionsOf(market, owner)).toEqual([
      'create_org done',
      'change_member_role done',
      'create_project done',
      'remove_member done',
      'POST /account/team/members/:member/tokens/:token/revoke refused',
      'revoke_project_token done',
    ])
    expect(await verifyChain(market.db, `org:${org.id}`)).toMatchObject({ intact: true })
  })

  test('the guests whom a removed member let in are on the page of that person', async () => {
    const owner = await anOwner(market)
    const admin = await aColleague(market, owner, 'admin')
    const gus = await signedUp(market)
    const { db } = market
    const { id } = await aProjectOf(db, owner.org.id, owner.id)
    const share = await aPendingShare(db, { org: owner.org.id, project: id, by: admin.id, email: gus.email })
    const accepted = { accepted_at: market.now(), customer_id: gus.id }
    await db.updateTable('project_shares').set(accepted).where('id', '=', share).execute()
    const member = `${TEAM}/members/${admin.id}`

    expect(await pageOf(owner, `${member}/remove`)).toContain('1 guest of a project')
    const removed = await owner.browser.post(`${member}/remove`, { org: owner.org.slug })

    expect(removed.headers.location).toBe(`${member}?saved=removed`)
    const page = await pageOf(owner, member)
    expect(page).toContain(gus.email)
    const [, project = ''] = /href="(\/account\/projects\/[^"]+)"/.exec(page) ?? []
    expect([(await owner.browser.get(project)).statusCode, await pageOf(owner, project)]).toEqual([
      200,
      expect.stringContaining(gus.email),
    ])
    const team = await pageOf(owner, TEAM)
    expect([team.includes(member), team.includes(`${TEAM}/members/${gus.id}`)]).toEqual([true, false])
  })

  test('a card that a removed member added stays on the page of that person until it is removed', async () => {
    const owner = await anOwner(market)
    const admin = await aColleague(market, owner, 'admin')
    const { db } = market
    const added = await anOperationBy(market, owner, admin)
    await addBillingAccount(db, { org: owner.org.id, stripeCustomerId: `cus_${added}`, at: market.now() })
    const card = mintId('pmt', market.now(), Math.random)
    const shown = { brand: 'visa', last4: '4242', expMonth: 12, expYear: 2040, isDefault: false }
    const of = { id: card, org: owner.org.id, stripePaymentMethodId: `pm_${card}`, addedBy: added }
    await addPaymentMethod(db, { ...of, ...shown, at: market.now() })
    await db
      .updateTable('operations')
      .set({ status: 'completed', result: '{}', finished_at: market.now() })
      .where('id', '=', added)
      .execute()
    const member = `${TEAM}/members/${admin.id}`

    const removed = await owner.browser.post(`${member}/remove`, { org: owner.org.slug })

    expect(removed.headers.location).toBe(`${member}?saved=removed`)
    expect(await pageOf(owner, `${member}?saved=removed`)).toContain('Card visa ···· 4242')
    expect(await pageOf(owner, TEAM)).toContain(member)
    await db.updateTable('payment_methods').set({ removed_at: market.now() }).where('id', '=', card).execute()
    expect((await owner.browser.get(member)).statusCode).toBe(404)
  })

  test('stopping the last operation of a person who left leads back to the team', async () => {
    const owner = await anOwner(market)
    const admin = await aColleague(market, owner, 'admin')
    const operation = await anOperationBy(market, owner, admin)
    const member = `${TEAM}/members/${admin.id}`
    await owner.browser.post(`${member}/remove`, { org: owner.org.slug })
    const page = (await owner.browser.get(member)).body
    const [, back = ''] = /value="([^"]+saved=stopped)"/.exec(page) ?? []

    const stopped = await owner.browser.post(`/account/operations/${operation}/stop`, { continue: back })
    const after = await owner.browser.get(String(stopped.headers.location))

    expect([stopped.headers.location, after.headers.location]).toEqual([
      `${member}?saved=stopped`,
      `${TEAM}?saved=stopped`,
    ])
    expect(await pageOf(owner, `${TEAM}?saved=stopped`)).toContain('The operation is stopped')
  })

  test('the last owner is told to make another one, and a member may leave', async () => {
    const owner = await anOwner(market)
    const dev = await aColleague(market, owner, 'viewer')

    const stays = await owner.browser.post(`${TEAM}/members/${owner.id}/remove`, { org: owner.org.slug })
    await pageOf(dev, `${TEAM}/members/${dev.id}/remove`)
    const leaves = await dev.browser.post(`${TEAM}/members/${dev.id}/remove`, { org: owner.org.slug })

    expect([stays.statusCode, titleAndMainOf(stays.body)]).toEqual([
      409,
      expect.stringContaining('Make another member an owner first.'),
    ])
    expect([leaves.statusCode, leaves.headers.location]).toEqual([303, '/account'])
  })
})
