import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { entitlementsOf } from '#domain/licensing'
import { archiveProject } from '#domain/projects'
import { mintId, type LicenceId, type ProjectId } from '#kernel/ids'
import { aLicence, aMarket, aProject, type Market, type TestProject } from '../../support/a-market.ts'
import { aMember, auditOf, type Member } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, type McpDoor } from '../../support/mcp.ts'
import { CLIENTS } from '../../support/mcp-clients.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let door: McpDoor
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  door = await aMcpDoor({ db: database.db })
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
const yesterday = () => new Date(Date.now() - 86_400_000)

const packagesOf = async (project: ProjectId) =>
  (await entitlementsOf(database.db, project)).filter(({ isPublic }) => isPublic).map(({ name }) => name)
const auditedOn = async (licence: string) =>
  (await auditOf(database.db, market.org('acme-retail')))
    .filter(({ object }) => object === licence)
    .map(({ action, outcome, detail }) => ({ action, outcome, detail }))

/** Reserves a slot as a running purchase does. */
async function reserveSlot(licence: LicenceId, project: ProjectId) {
  const at = new Date()
  const { org_id, package_id } = await database.db
    .selectFrom('licences')
    .select(['org_id', 'package_id'])
    .where('id', '=', licence)
    .executeTakeFirstOrThrow()
  await database.db
    .insertInto('activations')
    .values({
      id: mintId('act', at, Math.random),
      org_id,
      package_id,
      licence_id: licence,
      project_id: project,
      slot: 1,
      reserved_at: at,
    })
    .execute()
}

describe.for(CLIENTS)('a client of %s', ([, connect]) => {
  let shop: TestProject
  let other: TestProject
  let buyer: Member
  beforeEach(async () => {
    ;[shop, other] = [await aProject(market), await aProject(market)]
    buyer = await aMember({ door, market }, connect)
  })

  test('activating a licence on a project twice activates it once', async () => {
    const { id } = await aLicence(market, { package: STOCK, slots: 2 })
    const asked = { licence: id, project: shop.slug }

    const first = await buyer.ask('activate_licence', asked)
    const again = await buyer.ask('activate_licence', asked)

    expect(first).toEqual({
      org: 'acme-retail',
      outcome: 'activated',
      licence: id,
      package: STOCK,
      project: shop.id,
      slug: shop.slug,
      free_slots: 1,
      valid_until: expect.any(String),
    })
    expect(again).toEqual({ ...first, outcome: 'already_installed' })
    expect(await packagesOf(shop.id)).toEqual([STOCK])
    expect(await auditedOn(id)).toEqual([
      { action: 'activate_licence', outcome: 'done', detail: { project: shop.id } },
    ])
  })

  test('a licence cannot be activated on more projects than it has slots', async () => {
    const { id } = await aLicence(market, { package: SEARCH, project: shop.id })

    expect(await buyer.refused('activate_licence', { licence: id, project: other.id })).toMatchObject({
      code: 'licence_has_no_free_slot',
      next_step: 'Call move_activation, or buy another licence.',
    })
    expect(await packagesOf(other.id)).toEqual([])
  })

  test('an activation moves from one project to another in one step', async () => {
    const { id } = await aLicence(market, { package: SEARCH, project: shop.id })
    const asked = { licence: id, from: shop.slug, to: other.id }

    const first = await buyer.ask('move_activation', asked)
    const again = await buyer.ask('move_activation', asked)

    expect(first).toEqual({
      org: 'acme-retail',
      outcome: 'moved',
      licence: id,
      package: SEARCH,
      from: shop.slug,
      to: other.slug,
    })
    expect(again).toEqual({ ...first, outcome: 'already_moved' })
    expect([await packagesOf(shop.id), await packagesOf(other.id)]).toEqual([[], [SEARCH]])
    expect(await auditedOn(id)).toEqual([
      { action: 'move_activation', outcome: 'done', detail: { from: shop.id, to: other.id } },
    ])
  })

  test('a licence can be moved away from an archived project, but not activated on one', async () => {
    const { id } = await aLicence(market, { package: SEARCH, project: shop.id })
    await archiveProject(database.db, shop.id, new Date())

    await buyer.ask('move_activation', { licence: id, from: shop.id, to: other.id })

    const back = { licence: id, from: other.id, to: shop.id }
    expect(await buyer.refused('move_activation', back)).toMatchObject({
      code: 'project_archived',
      field: 'to',
    })
    const free = await aLicence(market, { package: SEARCH })
    const there = { licence: free.id, project: shop.id }
    expect(await buyer.refused('activate_licence', there)).toMatchObject({ code: 'project_archived' })
    expect(await packagesOf(other.id)).toEqual([SEARCH])
  })

  test('a move is refused when the source has no activation, the target already has one, or both are the same', async () => {
    const { id } = await aLicence(market, { package: SEARCH, project: shop.id, slots: 2 })
    const refused = (from: string, to: string) => buyer.refused('move_activation', { licence: id, from, to })
    const third = await aProject(market)

    expect(await refused(other.id, third.id)).toMatchObject({ code: 'licence_not_active', field: 'from' })
    expect(await refused(shop.id, shop.slug)).toMatchObject({ code: 'invalid_input', field: 'to' })
    await buyer.ask('activate_licence', { licence: id, project: other.id })
    expect(await refused(shop.id, other.id)).toMatchObject({ code: 'already_installed', field: 'to' })
    expect([await packagesOf(shop.id), await packagesOf(other.id)]).toEqual([[SEARCH], [SEARCH]])
    expect(await refused('no-shop', other.id)).toMatchObject({ code: 'project_not_found', field: 'from' })
    expect(await refused(shop.id, 'no-shop')).toMatchObject({ code: 'project_not_found', field: 'to' })
  })

  test('deactivating a licence twice deactivates it once and frees its slot', async () => {
    const { id } = await aLicence(market, { package: SEARCH, project: shop.id, status: 'suspended' })
    await archiveProject(database.db, shop.id, new Date())
    const asked = { licence: id, project: shop.slug }

    const first = await buyer.ask('deactivate_licence', asked)
    const again = await buyer.ask('deactivate_licence', asked)

    expect(first).toEqual({
      org: 'acme-retail',
      outcome: 'deactivated',
      licence: id,
      package: SEARCH,
      project: shop.id,
      slug: shop.slug,
      free_slots: 1,
    })
    expect(again).toEqual({ ...first, outcome: 'already_deactivated' })
    expect(await auditedOn(id)).toMatchObject([{ action: 'deactivate_licence' }])
    expect(await buyer.refused('deactivate_licence', { ...asked, project: other.id })).toMatchObject({
      code: 'licence_not_active',
      field: 'project',
    })
  })

  test.for(['suspended', 'refunded', 'revoked', 'expired'] as const)(
    'a licence that is %s can be neither activated nor moved',
    async (status) => {
      const free = await aLicence(market, { package: SEARCH, status })
      const activated = await aLicence(market, { package: SEARCH, status, project: shop.id })
      const expected = { code: `licence_${status}`, field: 'licence', retryable: false }

      const activating = { licence: free.id, project: other.id }
      expect(await buyer.refused('activate_licence', activating)).toMatchObject(expected)
      const moving = { licence: activated.id, from: shop.id, to: other.id }
      expect(await buyer.refused('move_activation', moving)).toMatchObject(expected)
    },
  )

  test('a licence that has expired or is not yet paid cannot be activated', async () => {
    const { id } = await aLicence(market, { package: STOCK, validUntil: yesterday() })
    const unpaid = await aLicence(market, { package: SEARCH })
    await database.db
      .updateTable('licences')
      .set({ status: 'reserved', activated_at: null })
      .where('id', '=', unpaid.id)
      .execute()
    const refused = (licence: string) => buyer.refused('activate_licence', { licence, project: shop.id })

    expect(await refused(id)).toMatchObject({ code: 'licence_expired' })
    expect(await refused(unpaid.id)).toMatchObject({ code: 'licence_reserved' })
  })

  test('a project keeps its licence for a package, unless that licence has expired', async () => {
    const [held, expired, fresh, active] = [
      await aLicence(market, { package: STOCK, project: shop.id }),
      await aLicence(market, { package: STOCK, project: other.id, validUntil: yesterday() }),
      await aLicence(market, { package: STOCK }),
      await aLicence(market, { package: STOCK, project: (await aProject(market)).id }),
    ]

    const keeps = {
      code: 'package_held_by_another_licence',
      next_step: expect.stringContaining(`deactivate_licence for ${held.id}`),
    }
    const there = { licence: fresh.id, project: shop.id }
    expect(await buyer.refused('activate_licence', there)).toMatchObject({ ...keeps, field: 'project' })
    const from = (await buyer.ask<{ activations: { slug: string }[] }>('get_licence', { licence: active.id }))
      .activations[0]?.slug
    const move = { licence: active.id, from, to: shop.id }
    expect(await buyer.refused('move_activation', move)).toMatchObject({ ...keeps, field: 'to' })

    const renewed = await buyer.ask('activate_licence', { licence: fresh.id, project: other.id })

    expect(renewed).toMatchObject({ outcome: 'activated', replaced_licence: expired.id })
    expect(await buyer.ask('get_licence', { licence: expired.id })).toMatchObject({ free_slots: 0 })
  })

  test('a licence cannot be activated or moved to a project while a purchase reserves the package on that project', async () => {
    const reservedLicence = await aLicence(market, { package: SEARCH })
    const { id } = await aLicence(market, { package: SEARCH, slots: 2, project: other.id })
    await reserveSlot(reservedLicence.id, shop.id)
    const wait = { code: 'package_being_installed', next_step: expect.stringContaining('list_operations') }

    expect(await buyer.refused('activate_licence', { licence: id, project: shop.id })).toMatchObject({
      ...wait,
      field: 'project',
    })
    const move = { licence: id, from: other.id, to: shop.id }
    expect(await buyer.refused('move_activation', move)).toMatchObject({ ...wait, field: 'to' })
    expect(await buyer.ask('get_licence', { licence: reservedLicence.id })).toMatchObject({
      free_slots: 0,
      activations: [],
    })
  })
})
