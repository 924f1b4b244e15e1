import { afterAll, beforeAll, expect, test } from 'vitest'
import { quotePurchase } from '#domain/cart'
import { aLicence, aMarket, aProject, type LicenceWanted, type Market } from '../../support/a-market.ts'
import { anOpenLine } from '../../support/an-open-line.ts'
import { at, plansIn, SEARCH, STOCK, SUITE } from '../../support/a-plan.ts'
import { aDatabase } from '../../support/database.ts'

const { quoted, whileCovers } = plansIn(() => ({ db: database.db, market }))
const before = (ms: number) => new Date(at.getTime() - ms)

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

/** What a purchase would do for a project with this licence, or the code of its refusal. */
async function quoteFor(licence: Partial<LicenceWanted>, reserved = false): Promise<string> {
  const { id: project } = await aProject(market)
  const { activation } = await aLicence(market, { package: STOCK, project, ...licence })
  if (reserved)
    await database.db
      .updateTable('activations')
      .set({ activated_at: null })
      .where('id', '=', activation ?? 'act_')
      .execute()
  return quoted({ packages: [STOCK], project })
}

test.for([
  ['is valid', {}, 'already_installed for 0'],
  ['ends in a moment', { validUntil: new Date(at.getTime() + 1) }, 'already_installed for 0'],
  ['ended just now', { validUntil: at }, 'buy for 9900'],
  ['is over', { validUntil: before(1) }, 'buy for 9900'],
  ['is suspended', { status: 'suspended' }, 'licence_suspended'],
  ['was refunded', { status: 'refunded' }, 'buy for 9900'],
] as const)('a purchase for a project whose licence %s: %s', async ([, licence, expected]) => {
  expect(await quoteFor(licence)).toBe(expected)
})

test('a purchase is refused when the project already has a reserved slot for the package', async () => {
  expect(await quoteFor({}, true)).toBe('package_being_installed')
})

test('a second purchase for a project is refused while a first one renews an ended licence there', async () => {
  const { id: project } = await aProject(market)
  await aLicence(market, { package: STOCK, project, validUntil: before(1) })
  const opened = await anOpenLine(market, { packages: [STOCK], project })
  await expect(anOpenLine(market, { packages: [STOCK], project })).rejects.toMatchObject({
    code: 'package_being_installed',
  })

  const reserved = database.db
    .selectFrom('activations')
    .select(['reserved_for', 'project_id'])
    .where('operation_id', '=', opened.operation)
  expect(await reserved.execute()).toEqual([{ reserved_for: project, project_id: null }])
})

test.for([
  ['is in force', {}, `already_installed for 0 by ${SUITE}`],
  ['is over', { validUntil: before(1) }, 'buy for 4900'],
  ['is suspended', { status: 'suspended' }, 'licence_suspended'],
  ['was refunded', { status: 'refunded' }, 'buy for 4900'],
] as const)('a module of a suite whose licence %s: %s', async ([, licence, expected]) => {
  const { id: project } = await aProject(market)
  await aLicence(market, { package: SUITE, project, ...licence })

  expect(await quoted({ packages: [SEARCH], project })).toBe(expected)
})

test('who wants a licence of their own beside the suite gets it with force_another', async () => {
  const { id: project } = await aProject(market)
  await aLicence(market, { package: SUITE, project })

  expect(await quoted({ packages: [SEARCH], project, force_another: true })).toBe('buy for 4900')
})

test('a module is refused while a purchase brings its suite to the project', async () => {
  const { id: project } = await aProject(market)
  const { operation } = await anOpenLine(market, { packages: [SUITE], project })
  const org = await market.access('buyer', 'acme-retail')
  const request = { org, at, quoteKey: Buffer.alloc(32), input: { packages: [SEARCH], project } }

  await expect(quotePurchase(database.db, request)).rejects.toMatchObject({
    code: 'package_being_installed',
    params: { operation },
  })
})

test('a suite and its modules cost the suite, in any order, and the quote says what that saves', async () => {
  const { id: project } = await aProject(market)
  const covered = [`covered for 0 by ${SUITE}`, `covered for 0 by ${SUITE}`]
  const bought = 'buy for 12900'

  expect(await quoted({ packages: [SUITE, STOCK, SEARCH], project })).toBe([bought, ...covered].join())
  expect(await quoted({ packages: [SEARCH, STOCK, SUITE], project })).toBe([...covered, bought].join())
  const org = await market.access('buyer', 'acme-retail')
  const input = { packages: [SUITE, STOCK, SEARCH], project }
  expect(await quotePurchase(database.db, { org, at, quoteKey: Buffer.alloc(32), input })).toMatchObject({
    total: { amount_minor: 12_900 },
    saved: { amount_minor: 9900 + 4900 },
  })
})

test('a module whose own licence ended comes with its suite, and only renew renews it beside the suite', async () => {
  const { id: project } = await aProject(market)
  for (const name of [STOCK, SUITE]) await aLicence(market, { package: name, project, validUntil: before(1) })

  expect(await quoted({ packages: [SUITE, STOCK], project })).toBe(`buy for 12900,covered for 0 by ${SUITE}`)
  expect(await quoted({ packages: [SUITE, STOCK], project, renew: true })).toBe(
    'renew for 12900,renew for 9900',
  )
})

test('packages that cover each other are not both left out', async () => {
  const { id: project } = await aProject(market)

  await whileCovers([SEARCH, SUITE], async () => {
    for (const packages of [
      [SUITE, SEARCH],
      [SEARCH, SUITE],
    ])
      expect((await quoted({ packages, project })).split(',').toSorted()).toEqual([
        'buy for 4900',
        `covered for 0 by ${SEARCH}`,
      ])
  })
})

test('what comes with a part of a suite comes with the suite, because that part gets no licence', async () => {
  const { id: project } = await aProject(market)
  const { id: commerce } = await aProject(market, { edition: 'commerce' })

  await whileCovers([STOCK, SEARCH], async () => {
    expect(await quoted({ packages: [STOCK, SEARCH, SUITE], project })).toBe(
      `covered for 0 by ${SUITE},covered for 0 by ${SUITE},buy for 12900`,
    )
    expect(await quoted({ packages: [SEARCH, STOCK], project })).toBe(
      `covered for 0 by ${STOCK},buy for 9900`,
    )
    await aLicence(market, { package: SUITE, edition: 'commerce', org: 'acme-retail' })
    expect(await quoted({ packages: [STOCK, SEARCH], project: commerce })).toBe(
      `use_existing for 0,covered for 0 by ${SUITE},covered for 0 by ${SUITE}`,
    )
  })
})

test.for(['is suspended', 'is being installed'] as const)(
  'a module that a valid licence covers is installed, although another covering one %s',
  async (state) => {
    const { id: project } = await aProject(market)
    await aLicence(market, { package: SUITE, project })
    const other = await aLicence(market, {
      package: STOCK,
      project,
      ...(state === 'is suspended' && { status: 'suspended' }),
    })
    if (state === 'is being installed')
      await database.db
        .updateTable('activations')
        .set({ activated_at: null })
        .where('id', '=', other.activation ?? 'act_')
        .execute()

    await whileCovers([STOCK, SEARCH], async () => {
      expect(await quoted({ packages: [SEARCH], project })).toBe(`already_installed for 0 by ${SUITE}`)
    })
  },
)

test('a free slot of a suite is used for its modules, and only once', async () => {
  const edition = 'commerce'
  await aLicence(market, { package: SUITE, edition, org: 'acme-retail' })
  const { id: project } = await aProject(market, { edition })

  expect(await quoted({ packages: [SEARCH, STOCK], project })).toBe(
    `use_existing for 0,covered for 0 by ${SUITE},covered for 0 by ${SUITE}`,
  )
})

test('a suite covers a module of the same set only for the edition that is wanted', async () => {
  const { id: project } = await aProject(market)
  const search = { package: SEARCH, edition: 'commerce-cloud' as const }

  expect(await quoted({ packages: [SUITE, SEARCH], project })).toContain(`covered for 0 by ${SUITE}`)
  expect(await quoted({ packages: [SUITE, search], project, accept_other_edition: true })).not.toContain(
    'covered',
  )
})
