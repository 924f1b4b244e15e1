import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { activateLicence, deactivateLicence, moveActivation } from '#domain/licensing'
import type { OrgAccess } from '#domain/orgs'
import { archiveProject } from '#domain/projects'
import type { LicenceId } from '#kernel/ids'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { inTransaction } from '#platform/transactions'
import { aDatabase } from '../../support/database.ts'
import { lockWaiters } from '../../support/lock-waiters.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
let org: OrgAccess
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
  org = await market.access('buyer', 'acme-retail')
})
afterAll(() => database.close())

const SEARCH = 'northwind/module-search'
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

const activeOn = (licence: LicenceId) =>
  database.db
    .selectFrom('activations')
    .select('project_id')
    .where('licence_id', '=', licence)
    .where('deactivated_at', 'is', null)
    .execute()
