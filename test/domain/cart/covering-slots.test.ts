import { afterAll, beforeAll, expect, test } from 'vitest'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { plansIn, SEARCH, SUITE } from '../../support/a-plan.ts'
import { aDatabase } from '../../support/database.ts'

const { quoted, whileCovers } = plansIn(() => ({ db: database.db, market }))

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

test('force_another for a second project of a name still uses a free slot of a suite', async () => {
  const edition = 'commerce-cloud' as const
  await aLicence(market, { package: SUITE, edition, org: 'acme-retail' })
  await aProject(market, { edition, name: 'A second shop' })
  const new_project = { name: 'A second shop', edition }

  expect(await quoted({ packages: [SEARCH], new_project, force_another: true })).toBe(
    `use_existing for 0,covered for 0 by ${SUITE}`,
  )
})

test('force_another buys a module beside the suite that the project holds, also when both are wanted', async () => {
  const { id: project } = await aProject(market)
  await aLicence(market, { package: SUITE, project })

  expect(await quoted({ packages: [SUITE, SEARCH], project, force_another: true })).toBe(
    'already_installed for 0,buy for 4900',
  )
})

test('force_another does not buy what comes with a suite of the same purchase', async () => {
  const { id: project } = await aProject(market)

  expect(await quoted({ packages: [SUITE, SEARCH], project, force_another: true })).toBe(
    `buy for 12900,covered for 0 by ${SUITE}`,
  )
})

test('of two packages that cover each other, a free slot of one is used once', async () => {
  const org = 'globex'
  const { id: project } = await aProject(market, { org })
  await aLicence(market, { package: SUITE, org })

  await whileCovers([SEARCH, SUITE], async () => {
    expect(await quoted({ packages: [SEARCH, SUITE], project }, { name: 'developer', of: org })).toBe(
      `use_existing for 0,covered for 0 by ${SUITE}`,
    )
  })
})

test('a module is not covered by a free slot of its suite while the suite is bought for another edition', async () => {
  const org = 'globex'
  const { id: project } = await aProject(market, { org })
  await aLicence(market, { package: SUITE, org, edition: 'commerce' })
  const search = { package: SEARCH, edition: 'commerce' as const }
  const packages = [{ package: SUITE, edition: 'open-source' as const }, search]

  expect(await quoted({ packages, project }, { name: 'developer', of: org })).toMatch(/,buy for 14900$/)
})
