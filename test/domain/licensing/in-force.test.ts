import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import {
  activateLicence,
  activateReserved,
  entitlementsOf,
  findLicence,
  holdingsOf,
  licenceStates,
  licenceWithFreeSlot,
  listLicences,
  reserveSlot,
} from '#domain/licensing'
import type { OrgAccess } from '#domain/orgs'
import { holdingsOfOrgs, projectAccess } from '#domain/projects'
import { mintId } from '#kernel/ids'
import type { LicenceStatus } from '../../../src/platform/tables.ts'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'

const AT = new Date('2026-11-23T10:00:00Z')
const A_MOMENT_LATER = new Date(AT.getTime() + 1)
const STOCK = 'northwind/module-stock'
const PLAIN = 'northwind/theme-plain'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let org: OrgAccess
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  org = await market.access('buyer', 'acme-retail')
})
afterAll(() => database.close())

interface Case {
  row: { status: LicenceStatus; validUntil: Date }
  is: LicenceStatus
  /** The state of the package on the project of the licence. */
  holds: 'valid' | 'over' | 'suspended'
  /** Whether the project may install the package. */
  grants: boolean
}

const LATER = new Date('2027-01-01T00:00:00Z')
const EARLIER = new Date('2026-01-01T00:00:00Z')
const CASES: Case[] = [
  { row: { status: 'active', validUntil: LATER }, is: 'active', holds: 'valid', grants: true },
  { row: { status: 'active', validUntil: A_MOMENT_LATER }, is: 'active', holds: 'valid', grants: true },
  { row: { status: 'active', validUntil: AT }, is: 'expired', holds: 'over', grants: true },
  { row: { status: 'expired', validUntil: EARLIER }, is: 'expired', holds: 'over', grants: true },
  { row: { status: 'suspended', validUntil: LATER }, is: 'suspended', holds: 'suspended', grants: false },
  { row: { status: 'suspended', validUntil: EARLIER }, is: 'suspended', holds: 'suspended', grants: false },
  { row: { status: 'refunded', validUntil: LATER }, is: 'refunded', holds: 'over', grants: false },
  { row: { status: 'revoked', validUntil: LATER }, is: 'revoked', holds: 'over', grants: false },
  { row: { status: 'reserved', validUntil: LATER }, is: 'reserved', holds: 'valid', grants: false },
]

/** A yearly licence with one slot on a project and one free slot. It is revoked after the test. */
async function aHeldLicence({ row }: Case) {
  const project = await aProject(market)
  const { id } = await aLicence(market, { package: STOCK, project: project.id, slots: 2 })
  const licence = database.db.updateTable('licences').where('id', '=', id)
  const activatedAt = row.status === 'reserved' ? { activated_at: null } : {}
  await licence.set({ status: row.status, valid_until: row.validUntil, ...activatedAt }).execute()
  onTestFinished(async () => {
    await licence.set({ status: 'revoked', activated_at: AT }).execute()
  })
  return { id, project: project.id }
}

const inForce = async () => {
  const [counted] = await holdingsOfOrgs(database.db, { orgs: [org.id], at: AT })
  return counted?.licences ?? 0
}

describe('whether a licence is in force', () => {
  const named = CASES.map((each) => ({
    ...each,
    name: `${each.row.status} until ${each.row.validUntil.toISOString()}`,
  }))

  test.for(named)('every query agrees on whether a licence that is $name is in force', async (expected) => {
    const { db } = database
    const before = await inForce()

    const { id, project } = await aHeldLicence(expected)

    const isActive = expected.is === 'active'
    const listed = await listLicences(db, { org: org.id, limit: 100, at: AT })
    const shown = listed.find((each) => each.id === id)?.status
    expect(shown).toBe(expected.is === 'reserved' ? undefined : expected.is)
    expect((await findLicence(db, { org: org.id, id, at: AT })).status).toBe(expected.is)
    expect(await licenceStates(db, { org: org.id, ids: [id], at: AT })).toEqual(new Map([[id, expected.is]]))
    expect(await inForce()).toBe(before + (isActive ? 1 : 0))
    expect(await holdingsOf(db, project, AT)).toMatchObject([{ licence: id, state: expected.holds }])
    expect(await freeSlots()).toEqual(isActive ? [id] : [])
    expect(await activated(id)).toBe(isActive ? 'activated' : `licence_${expected.is}`)
    const installable = (await entitlementsOf(db, project)).filter(({ name }) => name === STOCK)
    expect(installable.map(({ until }) => until)).toEqual(expected.grants ? [expected.row.validUntil] : [])
    expect((await projectAccess(db, { project, at: AT })).packages).toEqual(expected.grants ? [STOCK] : [])
  })

  const freeSlots = async () => {
    const wanted = { org: org.id, packageId: market.package(STOCK), edition: 'open-source', at: AT } as const
    const found = await licenceWithFreeSlot(database.db, wanted)
    return found ? [found] : []
  }

  async function activated(licence: string): Promise<string> {
    const { id: project } = await aProject(market)
    const by = { caller: market.caller('buyer'), org, licence, at: AT }
    return activateLicence(database.db, { ...by, project }).then(
      ({ outcome }) => outcome,
      (error: { code: string }) => error.code,
    )
  }
})

test('the licence of another org has no state', async () => {
  const { id } = await aLicence(market, { package: STOCK, org: 'globex' })

  expect(await licenceStates(database.db, { org: org.id, ids: [id], at: AT })).toEqual(new Map())
})

describe('a reserved slot', () => {
  test.for([
    ['is activated while its licence is in force', A_MOMENT_LATER, [STOCK]],
    ['is not activated after its licence has ended', AT, []],
  ] as const)('a slot that a purchase reserved %s', async ([, validUntil, installable]) => {
    const { db } = database
    const { id, order } = await aLicence(market, { package: STOCK, validUntil })
    const { operation_id: operation } = await db
      .selectFrom('orders')
      .select('operation_id')
      .where('id', '=', order)
      .executeTakeFirstOrThrow()
    const { id: project } = await aProject(market)
    const slot = mintId('act', AT, Math.random)
    await reserveSlot(db, { id: slot, licence: id, project, operation, at: AT })

    await activateReserved(db, { operation, project, at: AT })

    expect((await projectAccess(db, { project, at: AT })).packages).toEqual(installable)
  })
})

test('a licence without an end is always in force', async () => {
  const { id } = await aLicence(market, { package: PLAIN })

  const { rows } = await sql<{ state: string }>`
    select licence_state(status, valid_until, 'infinity') as state from licences where id = ${id}`.execute(
    database.db,
  )

  expect(rows).toEqual([{ state: 'active' }])
})
