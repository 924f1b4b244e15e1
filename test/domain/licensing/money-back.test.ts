import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findLicence, releaseLicences, revokeLicences } from '#domain/licensing'
import type { LicenceId } from '#kernel/ids'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'

const AT = new Date('2026-11-23T10:00:00Z')
const SEARCH = 'northwind/module-search'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const lookAt = async (id: LicenceId) => {
  const { status, activations } = await findLicence(database.db, {
    org: market.org('acme-retail'),
    id,
    at: AT,
  })
  return { status, projects: activations.length }
}

describe('a line that is refunded', () => {
  test.for(['active', 'expired', 'suspended'] as const)(
    'the refund of a line ends its licence, which was %s, and its activation',
    async (status) => {
      const { id: project } = await aProject(market)
      const { id, line } = await aLicence(market, { package: SEARCH, project, status })
      const other = await aLicence(market, { package: SEARCH, project: (await aProject(market)).id })

      await revokeLicences(database.db, line, { as: 'refunded', at: AT })

      expect(await lookAt(id)).toEqual({ status: 'refunded', projects: 0 })
      expect(await lookAt(other.id)).toEqual({ status: 'active', projects: 1 })
    },
  )

  test('the refund of a line does not change a licence that was revoked', async () => {
    const { id, line } = await aLicence(market, { package: SEARCH, status: 'revoked' })

    await revokeLicences(database.db, line, { as: 'refunded', at: AT })

    expect(await lookAt(id)).toMatchObject({ status: 'revoked' })
  })

  test('the refund of a line does not change the end of an earlier activation', async () => {
    const earlier = new Date('2026-05-01T00:00:00Z')
    const { id: project } = await aProject(market)
    const { line, activation } = await aLicence(market, { package: SEARCH, project })
    const ended = database.db.updateTable('activations').where('id', '=', activation ?? 'act_')
    await ended.set({ deactivated_at: earlier }).execute()

    await revokeLicences(database.db, line, { as: 'refunded', at: AT })

    const { deactivated_at } = await database.db
      .selectFrom('activations')
      .select('deactivated_at')
      .where('id', '=', activation ?? 'act_')
      .executeTakeFirstOrThrow()
    expect(deactivated_at).toEqual(earlier)
  })
})

test('releasing the licences of a line never ends a licence that is paid', async () => {
  const { id: project } = await aProject(market)
  const { id, line } = await aLicence(market, { package: SEARCH, project })

  await releaseLicences(database.db, line)

  expect(await lookAt(id)).toEqual({ status: 'active', projects: 1 })
})
