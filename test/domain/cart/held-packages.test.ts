import { afterAll, beforeAll, expect, test } from 'vitest'
import { quotePurchase } from '#domain/cart'
import { aLicence, aMarket, aProject, type LicenceWanted, type Market } from '../../support/a-market.ts'
import { anOpenLine } from '../../support/an-open-line.ts'
import { aDatabase } from '../../support/database.ts'

const STOCK = 'northwind/module-stock'
const at = new Date()
const before = (ms: number) => new Date(at.getTime() - ms)

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase()
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
  const org = await market.access('buyer', 'acme-retail')
  const request = { org, at, quoteKey: Buffer.alloc(32), input: { packages: [STOCK], project } }
  return quotePurchase(database.db, request).then(
    ({ lines }) => lines.map(({ action, price }) => `${action} for ${price.amount_minor}`).join(),
    ({ code }: { code: string }) => code,
  )
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
