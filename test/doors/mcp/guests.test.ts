import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { revokeShare } from '#domain/sharing'
import type { ShareId } from '#kernel/ids'
import { aLicence, aProject, aProjectToken, type TestProject } from '../../support/a-market.ts'
import type { Member } from '../../support/a-member.ts'
import { aGuestOf } from '../../support/a-share.ts'
import { aMarketDoor, type MarketDoor } from '../../support/a-market-door.ts'

let doors: MarketDoor
let shared: TestProject
let other: TestProject
beforeAll(async () => {
  doors = await aMarketDoor()
  shared = await aProject(doors.market)
  other = await aProject(doors.market)
})
afterAll(() => doors.close())

const org = 'acme-retail'
async function share(role: 'viewer' | 'developer', project = shared.id): Promise<ShareId> {
  // how often links are mailed is not the subject here
  await doors.db.deleteFrom('attempts').execute()
  return aGuestOf(doors.db, doors.door.secrets, {
    org: doors.market.org(org),
    by: doors.market.person('buyer'),
    project,
    role,
    guest: { customer: doors.market.person('vendor'), email: 'vendor@example.test' },
  })
}
const end = (id: ShareId) =>
  revokeShare(doors.db, {
    caller: { customer: doors.market.person('buyer'), scopes: [] },
    org: { id: doors.market.org(org), slug: org, name: org, role: 'owner' },
    share: id,
    at: new Date(),
  })
const guest = (): Promise<Member> => doors.member({ name: 'vendor', org })

describe.for(['viewer', 'developer'] as const)('a guest %s of a project', (role) => {
  let id: ShareId
  beforeAll(async () => {
    id = await share(role)
  })
  afterAll(() => end(id))

  test(`the guest ${role} sees that project and what is active on it, and nothing else of the org`, async () => {
    const slots = { package: 'fabrikam/module-labels', project: shared.id }
    const mine = await aLicence(doors.market, slots)
    const hidden = await aLicence(doors.market, { package: 'northwind/module-search', project: other.id })
    const { ask, refused } = await guest()

    const { items: projects } = await ask<{ items: { id: string }[] }>('list_projects')
    const licences = await ask<{ items: Record<string, unknown>[] }>('list_licences', {
      response_format: 'detailed',
    })
    const one = await ask('get_licence', { licence: mine.id, response_format: 'detailed' })

    expect(projects.map((each) => each.id)).toEqual([shared.id])
    expect(licences.items.map((each) => each['id'])).toEqual([mine.id])
    for (const secret of ['free_slots', 'slots', 'order_id']) {
      expect(licences.items[0]).not.toHaveProperty(secret)
      expect(one).not.toHaveProperty(secret)
    }
    expect(await refused('get_licence', { licence: hidden.id })).toMatchObject({ code: 'licence_not_found' })
    expect(await refused('get_install_snippet', { project: other.id })).toMatchObject({
      code: 'project_not_found',
    })
    expect(await refused('list_project_installs', { project: other.slug })).toMatchObject({
      code: 'project_not_found',
    })
    await doors.db
      .updateTable('activations')
      .set({ deactivated_at: new Date() })
      .where('deactivated_at', 'is', null)
      .execute()
  })

  test(`the org of the guest ${role} stands in list_orgs, whoami and get_my_dashboard as that of a guest`, async () => {
    const { ask } = await guest()

    const { items } = await ask<{ items: { slug: string }[] }>('list_orgs')
    expect(items.find(({ slug }) => slug === org)).toMatchObject({
      role: 'guest',
      active: true,
      guest_of: [{ project: shared.slug, role }],
    })
    expect(await ask('whoami')).toMatchObject({ active_org: { slug: org, role: 'guest' } })
    expect(await ask('get_my_dashboard')).toMatchObject({
      active_org: org,
      guest_of: [{ org, project: shared.slug, role }],
    })
    expect(await ask('set_active_org', { org })).toMatchObject({ org, role: 'guest', changed: false })
  })
})

describe('the tokens of a shared project', () => {
  test('a guest developer makes, rotates and revokes its tokens, and knows no token of another project', async () => {
    const id = await share('developer')
    const foreign = await aProjectToken(doors.market, other.id)
    const { ask, refused } = await guest()

    const made = await ask<{ token: string; auth_json?: unknown }>('create_project_token', {
      project: shared.slug,
    })
    const rotated = await ask<{ token: string; auth_json?: unknown }>('rotate_project_token', {
      token: made.token,
    })
    const revoked = await ask('revoke_project_token', { token: rotated.token })

    expect([made.auth_json, rotated.auth_json].every(Boolean)).toBe(true)
    expect(revoked).toMatchObject({ token: rotated.token })
    for (const tool of ['rotate_project_token', 'revoke_project_token'])
      expect(await refused(tool, { token: foreign.id })).toMatchObject({ code: 'project_token_not_found' })
    expect(await refused('create_project_token', { project: other.id })).toMatchObject({
      code: 'project_not_found',
    })
    await end(id)
  })

  test('a developer of one project and viewer of another may make tokens of the first only', async () => {
    const [first, second] = [await share('developer'), await share('viewer', other.id)]
    const token = await aProjectToken(doors.market, other.id)
    const { ask, refused } = await guest()

    const { items } = await ask<{ items: unknown[] }>('list_projects')
    expect(items).toHaveLength(2)
    expect(await ask('create_project_token', { project: shared.id })).toHaveProperty('auth_json')
    expect(await refused('create_project_token', { project: other.id })).toMatchObject({
      code: 'not_allowed',
    })
    expect(await refused('revoke_project_token', { token: token.id })).toMatchObject({ code: 'not_allowed' })
    await end(first)
    await end(second)
  })

  test('keys that wait behind a link are not handed out after the share has ended', async () => {
    const id = await share('developer')
    const { ask } = await guest()
    const made = { project: shared.id, credentials: 'pickup', idempotency_key: `pickup-${id}` }
    const first = await ask('create_project_token', made)
    await end(id)
    const again = await share('viewer')

    expect(first).toHaveProperty('pickup')
    const member = await guest()
    expect(await member.refused('create_project_token', made)).toMatchObject({ code: 'not_allowed' })
    await end(again)
  })
})

test('a share that ends acts on the next call: the org is not found, and as the active org it is lost', async () => {
  const id = await share('viewer')
  const { ask, refused } = await guest()
  await ask('list_projects')
  await end(id)

  expect(await refused('list_projects', { org })).toMatchObject({ code: 'org_not_found' })
  expect(await refused('list_projects')).toMatchObject({ code: 'active_org_lost' })
  expect(await refused('set_active_org', { org })).toMatchObject({ code: 'org_not_found' })
})

test('a guest who becomes a member has the role of the member, and only that', async () => {
  await share('developer')
  await doors.db
    .insertInto('org_members')
    .values({
      org_id: doors.market.org(org),
      customer_id: doors.market.person('vendor'),
      role: 'viewer',
      joined_at: new Date(),
    })
    .execute()
  const { ask, refused } = await guest()

  expect(await refused('create_project_token', { project: shared.id })).toMatchObject({ code: 'not_allowed' })
  expect((await ask<{ items: unknown[] }>('list_projects')).items.length).toBeGreaterThan(1)
  await doors.db
    .deleteFrom('org_members')
    .where('org_id', '=', doors.market.org(org))
    .where('customer_id', '=', doors.market.person('vendor'))
    .execute()
})
