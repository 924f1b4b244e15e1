import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { licenceWithFreeSlot } from '#domain/licensing'
import { aLicence, aMarket, aProject, type LicenceWanted, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'

const AT = new Date('2026-11-23T10:00:00Z')
const SEARCH = 'northwind/module-search'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterEach(async () => {
  await database.db.updateTable('licences').set({ status: 'revoked' }).execute()
})
afterAll(() => database.close())

/** The licence for a shop of acme-retail in the open-source edition. */
const found = () =>
  licenceWithFreeSlot(database.db, {
    org: market.org('acme-retail'),
    packageId: market.package(SEARCH),
    edition: 'open-source',
    at: AT,
  })

describe('a purchase that looks for a licence with a free slot', () => {
  test.for<[string, LicenceWanted]>([
    ['of another org', { package: SEARCH, org: 'globex' }],
    ['for another edition', { package: SEARCH, edition: 'commerce' }],
    ['of another package', { package: 'northwind/theme-plain' }],
  ])('a purchase does not use a licence %s', async ([, wanted]) => {
    await aLicence(market, wanted)

    expect(await found()).toBeUndefined()
  })

  test('a purchase uses a free slot of a licence until its last slot is used', async () => {
    const [one, two] = [await aProject(market), await aProject(market)]
    const { id } = await aLicence(market, { package: SEARCH, project: one.id, slots: 2 })
    const before = await found()
    await aLicence(market, { package: SEARCH, project: two.id })
    await database.db.updateTable('licences').set({ slots: 1 }).where('id', '=', id).execute()

    expect([before, await found()]).toEqual([id, undefined])
  })

  test('a purchase uses a slot that was deactivated', async () => {
    const { id: project } = await aProject(market)
    const { id, activation } = await aLicence(market, { package: SEARCH, project })
    const held = await found()
    const given = database.db.updateTable('activations').where('id', '=', activation ?? 'act_')
    await given.set({ deactivated_at: AT }).execute()

    expect([held, await found()]).toEqual([undefined, id])
  })

  test('a purchase does not use a slot that another purchase reserved', async () => {
    const { id: project } = await aProject(market)
    const { activation } = await aLicence(market, { package: SEARCH, project })
    const reserved = database.db.updateTable('activations').where('id', '=', activation ?? 'act_')
    await reserved.set({ activated_at: null, project_id: null }).execute()

    expect(await found()).toBeUndefined()
  })

  test('a purchase uses the older of two licences', async () => {
    const newer = await aLicence(market, { package: SEARCH, at: new Date('2026-05-01T00:00:00Z') })
    const older = await aLicence(market, { package: SEARCH, at: new Date('2026-02-01T00:00:00Z') })

    expect(await found()).toBe(older.id)
    expect(older.id < newer.id).toBe(true)
  })
})
