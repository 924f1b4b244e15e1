import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sql } from 'kysely'
import { purchaseAndInstallPackage } from '#contracts/purchase-and-install-package'
import { activateLicence, deactivateLicence, moveActivation } from '#domain/licensing'
import { operationsOn } from '#domain/operations'
import { openOrder } from '#domain/orders'
import type { OrgAccess } from '#domain/orgs'
import { archiveProject } from '#domain/projects'
import { type LicenceId, mintId } from '#kernel/ids'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import { aDatabase } from '../../support/database.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'
import { noTemporal } from '../../support/no-temporal.ts'
import { NO_SPENDING_LIMITS } from '../../support/spending.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let org: OrgAccess
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  org = await market.access('buyer', 'acme-retail')
})
afterAll(() => database.close())

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
const by = (licence: string) => ({ caller: market.caller('buyer'), org, licence, at: new Date() })
const outcomesOf = async (actions: Promise<{ outcome: string }>[]) =>
  (await Promise.allSettled(actions)).map((end) =>
    end.status === 'fulfilled' ? end.value.outcome : (end.reason as { code: string }).code,
  )

describe('actions on one licence at the same time', () => {
  test('the only slot of a licence is assigned once when four calls assign it at the same time', async () => {
    const { id } = await aLicence(market, { package: SEARCH })
    const projects = await Promise.all([1, 2, 3, 4].map(() => aProject(market)))

    const ends = await outcomesOf(
      projects.map((project) => activateLicence(database.db, { ...by(id), project: project.id })),
    )

    expect(ends.toSorted()).toEqual(['activated', ...Array<string>(3).fill('licence_has_no_free_slot')])
  })

  test('a licence is not assigned to a project that is archived while the assignment waits for it', async () => {
    const { id } = await aLicence(market, { package: SEARCH })
    const { id: project } = await aProject(market)
    let assigning: Promise<string[]> | undefined

    await inTransaction(database.db, async (tx) => {
      await archiveProject(tx, project, new Date())
      assigning = outcomesOf([activateLicence(database.db, { ...by(id), project })])
      await expect.poll(() => lockWaiters(database.db)).toBe(1)
    })

    expect(await assigning).toEqual(['project_archived'])
    expect(await activeOn(id)).toEqual([])
  })

  test('a licence is assigned to a project once when three calls assign it at the same time', async () => {
    const { id } = await aLicence(market, { package: SEARCH, slots: 4 })
    const { id: project } = await aProject(market)

    const ends = await outcomesOf([1, 2, 3].map(() => activateLicence(database.db, { ...by(id), project })))

    expect(ends.toSorted()).toEqual(['activated', 'already_installed', 'already_installed'])
  })

  test('moves of a licence in both directions at the same time do not deadlock', async () => {
    const [one, two] = [await aProject(market), await aProject(market)]
    const { id } = await aLicence(market, { package: SEARCH, project: one.id })
    const move = (from: string, to: string) => moveActivation(database.db, { ...by(id), from, to })

    const ends = await outcomesOf([1, 2, 3].flatMap(() => [move(one.id, two.id), move(two.id, one.id)]))

    expect(ends.every((end) => ['moved', 'already_moved'].includes(end))).toBe(true)
    expect(await activeOn(id)).toHaveLength(1)
  })

  test('a licence that is deactivated and activated at the same time has at most one activation', async () => {
    const [one, two] = [await aProject(market), await aProject(market)]
    const { id } = await aLicence(market, { package: SEARCH, project: one.id })

    const [deactivated, activated] = await outcomesOf([
      deactivateLicence(database.db, { ...by(id), project: one.id }),
      activateLicence(database.db, { ...by(id), project: two.id }),
    ])

    expect(deactivated).toBe('deactivated')
    expect(await activeOn(id)).toHaveLength(activated === 'activated' ? 1 : 0)
  })
})

describe('the taken slots of a licence', () => {
  test('taken slots are counted when one is assigned, moved, deactivated, reserved and released', async () => {
    const [one, two] = [await aProject(market), await aProject(market)]
    const { id } = await aLicence(market, { package: SEARCH, slots: 2 })
    const counts = [await takenOf(id)]
    const count = async (change: Promise<unknown>) => {
      await change
      counts.push(await takenOf(id))
    }

    await count(activateLicence(database.db, { ...by(id), project: one.id }))
    await count(moveActivation(database.db, { ...by(id), from: one.id, to: two.id }))
    await count(reserve(database.db, id, 2))
    await count(
      database.db.deleteFrom('activations').where('licence_id', '=', id).where('slot', '=', 2).execute(),
    )
    await count(deactivateLicence(database.db, { ...by(id), project: two.id }))

    expect(counts).toEqual([0, 1, 1, 2, 1, 0])
  })

  test('two slots of a licence that are taken at the same time are both counted', async () => {
    const { id } = await aLicence(market, { package: SEARCH, slots: 2 })
    let second: Promise<unknown> | undefined

    await inTransaction(database.db, async (tx) => {
      await reserve(tx, id, 1)
      second = reserve(database.db, id, 2)
      await expect.poll(() => lockWaiters(database.db)).toBe(1)
    })
    await second

    expect(await takenOf(id)).toBe(2)
  })

  test('a change of several licences waits for the first of them before it holds another', async () => {
    // the rows are in the other order than the ids
    const { id: last } = await aLicence(market, { package: SEARCH, at: new Date('2026-06-02T00:00:00Z') })
    const { id: first } = await aLicence(market, { package: SEARCH, at: new Date('2026-06-01T00:00:00Z') })
    for (const id of [last, first]) await reserve(database.db, id, 1)
    let change: Promise<unknown> | undefined

    await inTransaction(database.db, async (tx) => {
      await hold(tx, first)
      change = database.db.deleteFrom('activations').where('licence_id', 'in', [last, first]).execute()
      await expect.poll(() => lockWaiters(database.db)).toBe(1)
      // throws when it is held
      await hold(tx, last)
    })
    await change

    expect([await takenOf(first), await takenOf(last)]).toEqual([0, 0])
  })

  test('a purchase that uses two licences waits for the first of them before it holds the other', async () => {
    const [at, later] = [new Date(), new Date(Date.now() + 1)]
    // their packages are in the other order than the ids
    const { id: first } = await aLicence(market, { package: STOCK, org: 'initech', at })
    const { id: last } = await aLicence(market, { package: SEARCH, org: 'initech', at: later })
    const { id: project } = await aProject(market, { org: 'initech' })
    const { operation } = await operationsOn({ db: database.db, ...noTemporal }).startOrJoin(
      purchaseAndInstallPackage,
      {
        key: 'two-licences',
        caller: market.caller('threeds'),
        org: await market.access('threeds', 'initech'),
        input: { packages: [SEARCH, STOCK], project },
        at: new Date(),
      },
    )
    let opening: Promise<unknown> | undefined

    await inTransaction(database.db, async (tx) => {
      await hold(tx, first)
      opening = openOrder(database.db, {
        operationId: operation.id,
        orderId: mintId('ord', new Date(), Math.random),
        quoteKey: Buffer.alloc(32),
        spending: NO_SPENDING_LIMITS,
        at: new Date(),
      })
      await expect.poll(() => lockWaiters(database.db)).toBe(1)
      // throws when it is held
      await hold(tx, last)
    })
    await opening

    expect([await takenOf(first), await takenOf(last)]).toEqual([1, 1])
  })
})

const hold = (tx: Db, licence: LicenceId) =>
  sql`select from licences where id = ${licence} for no key update nowait`.execute(tx)

const takenOf = async (licence: LicenceId) => {
  const of = database.db.selectFrom('licences').select('taken_slots').where('id', '=', licence)
  return (await of.executeTakeFirstOrThrow()).taken_slots
}

const reserve = (db: Db, licence: LicenceId, slot: number) =>
  db
    .insertInto('activations')
    .values({
      id: mintId('act', new Date(), Math.random),
      org_id: org.id,
      licence_id: licence,
      package_id: market.package(SEARCH),
      slot,
      reserved_at: new Date(),
    })
    .execute()

const activeOn = (licence: LicenceId) =>
  database.db
    .selectFrom('activations')
    .select('project_id')
    .where('licence_id', '=', licence)
    .where('deactivated_at', 'is', null)
    .execute()
