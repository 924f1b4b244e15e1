import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { purchaseAndInstallPackage } from '#contracts/purchase-and-install-package'
import { cancelOrder } from '#domain/orders'
import { archiveProject, createBareProject } from '#domain/projects'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'
import { type Input, intentsIn } from '../../support/intents.ts'

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
const THEME = 'northwind/theme-plain'
const at = new Date()

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const { opens, dryRun, waits } = intentsIn(() => ({ db: database.db, market }), at)

describe('a new project with the name of another one', () => {
  test('the name of a project in use is taken, however it is written, and the refusal names its slug', async () => {
    const { slug } = await aProject(market, { name: 'Autumn shop' })

    for (const name of ['Autumn shop', 'autumn SHOP', 'Autumn-Shop!'])
      await expect(dryRun({ packages: [SEARCH], new_project: { name } })).rejects.toMatchObject({
        code: 'project_name_taken',
        params: { project: slug },
      })
    const two = { packages: [SEARCH], new_project: { name: 'Autumn shop' }, force_another: true }
    expect(await dryRun(two)).toMatchObject({ lines: [{ action: 'buy' }] })
  })

  test.for([
    ['東京店', '大阪店'],
    ['東京 shop', '大阪 shop'],
    [`${'a very long name '.repeat(4)}in Berlin`, `${'a very long name '.repeat(4)}in Paris`],
    ['Project', '札幌店'],
  ] as const)('%s and %s are two names, although their slugs are alike', async ([one, other]) => {
    const { slug } = await aProject(market, { name: one })
    const making = (name: string) => ({ packages: [THEME], new_project: { name } })

    expect(await dryRun(making(other))).toMatchObject({
      for_project: { slug: expect.not.stringMatching(RegExp(`^${slug}$`)) },
    })
    await expect(dryRun(making(` ${one.toUpperCase()}`))).rejects.toMatchObject({
      code: 'project_name_taken',
      params: { project: slug },
    })
    const operation = await opens(making(other))
    await expect(dryRun(making(other))).rejects.toMatchObject({
      params: { operation, project: expect.not.stringMatching(RegExp(`^${slug}$`)) },
    })
  })

  test.for([
    ['Joined shop', 'Jo\u200cined shop'],
    ['Pa\u200drted shop', 'Parted shop'],
    ['می\u200cخواهم', 'میخواهم'],
  ] as const)('%j is taken by %j: characters that are not seen make no other name', async ([one, other]) => {
    const { slug } = await aProject(market, { name: one })

    await expect(dryRun({ packages: [THEME], new_project: { name: other } })).rejects.toMatchObject({
      code: 'project_name_taken',
      params: { project: slug },
    })
  })

  test('the name of an archived project is free', async () => {
    const { id } = await aProject(market, { name: 'Old shop' })
    await archiveProject(database.db, id, at)

    expect(await dryRun({ packages: [SEARCH], new_project: { name: 'Old shop' } })).toMatchObject({
      lines: [{}],
    })
  })

  test('the name is taken while a purchase makes the project, and free when that is undone', async () => {
    const making = { packages: [SEARCH], new_project: { name: 'Twice' } }
    const operation = await opens(making)

    await expect(opens(making)).rejects.toMatchObject({
      code: 'project_name_taken',
      params: { project: 'twice', operation },
    })
    await cancelOrder(database.db, { operationId: operation, at })
    expect(await dryRun(making)).toMatchObject({ lines: [{ action: 'buy' }] })
  })

  test('of two purchases at once that make the same project, one is refused', async () => {
    const making = { packages: [THEME], new_project: { name: 'At once' } }

    const ends = await Promise.allSettled([opens(making), opens(making)])

    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'project_name_taken' },
    })
  })
})

describe('a new project without a purchase', () => {
  const made = async (name: string, { key, ...forced }: { key?: string; force_another?: boolean } = {}) => {
    const who = { caller: market.caller('buyer'), org: await market.access('buyer', 'acme-retail') }
    return createBareProject(database.db, { ...who, input: { name, ...forced }, key, at })
  }

  test('the name of a project, or of one that a purchase makes, is taken, and force_another makes a second one', async () => {
    const { slug } = await aProject(market, { name: 'Winter shop' })
    const operation = await opens({ packages: [SEARCH], new_project: { name: 'Spring shop' } })

    await expect(made('winter SHOP', { key: 'one-key-for-it' })).rejects.toMatchObject({
      code: 'project_name_taken',
      field: 'name',
      params: { project: slug },
    })
    await expect(made('Spring shop')).rejects.toMatchObject({ params: { project: 'spring-shop', operation } })
    const forced = { key: 'one-key-for-it', force_another: true }
    const first = await made('winter SHOP', forced)
    expect(await made('winter SHOP', forced)).toEqual({ ...first, replayed: true })
    await cancelOrder(database.db, { operationId: operation, at })
    expect(await made('Spring shop')).toMatchObject({ replayed: false })
  })

  test('of two calls at once, or of a call and a purchase at once, one gets the name', async () => {
    const purchase = { packages: [THEME], new_project: { name: 'Raced' } }
    for (const race of [() => [made('Both'), made('Both')], () => [made('Raced'), opens(purchase)]]) {
      const ends = await Promise.allSettled<unknown>(race())

      expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
      expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
        reason: { code: 'project_name_taken' },
      })
    }
  })
})

describe('packages that another purchase of the org buys', () => {
  test('a renewal that waits for a person does not stop a purchase of its package for another project', async () => {
    const { id: project } = await aProject(market)
    await aLicence(market, { package: STOCK, project, validUntil: new Date(at.getTime() + 1) })
    await waits(await opens({ packages: [STOCK], project, renew: true }))

    const other = { packages: [STOCK], new_project: { name: 'Not renewed' } }
    expect(await dryRun(other)).toMatchObject({ lines: [{ action: 'buy' }] })
  })

  test('a purchase that waits for a person is named when its packages are bought for another project', async () => {
    const operation = await opens({ packages: [SEARCH, THEME], new_project: { name: 'Waiting' } })
    const other = { packages: [THEME], new_project: { name: 'Something else' } }
    expect(await dryRun(other)).toMatchObject({ lines: [{ action: 'buy' }] })
    await waits(operation)

    await expect(dryRun(other)).rejects.toMatchObject({ code: 'already_being_bought', params: { operation } })
    expect(await dryRun({ ...other, force_another: true })).toMatchObject({ lines: [{ action: 'buy' }] })
    const commerce = { package: SEARCH, edition: 'commerce' as const }
    expect(await dryRun({ ...other, packages: [commerce] })).toMatchObject({ lines: [{ action: 'buy' }] })

    await cancelOrder(database.db, { operationId: operation, at })
    expect(await dryRun(other)).toMatchObject({ lines: [{ action: 'buy' }] })
  })

  test('of two purchases at once for no project, one is refused', async () => {
    const asked = { packages: ['fabrikam/module-labels'] }

    const ends = await Promise.allSettled([opens(asked, 'billing'), opens(asked, 'billing')])

    expect(ends.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(ends.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'already_being_bought' },
    })
  })
})

describe('an edition other than the project has', () => {
  const wanted = { package: SEARCH, edition: 'commerce' as const }

  test('a dry run says so, and only accept_other_edition buys it', async () => {
    const { id: project } = await aProject(market)
    const input = { packages: [wanted], project }

    expect(await dryRun(input)).toMatchObject({ lines: [{ edition: 'commerce', other_than: 'open-source' }] })
    await expect(opens(input)).rejects.toMatchObject({
      code: 'other_edition',
      params: { edition: 'commerce', project: 'open-source' },
    })
    expect(await opens({ ...input, accept_other_edition: true })).toMatch(/^op_/)
  })

  test('a free licence of another edition is not used without accept_other_edition either', async () => {
    await aLicence(market, { package: THEME, edition: 'commerce-cloud' })
    const { id: project } = await aProject(market)

    await expect(
      opens({ packages: [{ package: THEME, edition: 'commerce-cloud' }], project }),
    ).rejects.toMatchObject({ code: 'other_edition' })
  })

  test('the edition of the project needs nothing, also when it is named', async () => {
    const { id: project } = await aProject(market, { edition: 'commerce' })

    expect((await dryRun({ packages: [wanted], project })).lines[0]).not.toHaveProperty('other_than')
  })

  test('an edition that is not sold is refused with those that are', async () => {
    const { id: project } = await aProject(market, { edition: 'commerce-cloud' })

    await expect(dryRun({ packages: [SEARCH], project })).rejects.toMatchObject({
      code: 'edition_not_sold',
      params: { sold: ['open-source', 'commerce'] },
    })
  })
})

test('the choices of a purchase are part of what makes a retry the same request', () => {
  const input: Input = { packages: [SEARCH], project: 'shop' }
  const same = (a: Input, b: Input) =>
    JSON.stringify(purchaseAndInstallPackage.canonicalInput(a)) ===
    JSON.stringify(purchaseAndInstallPackage.canonicalInput(b))

  for (const choice of ['renew', 'accept_other_edition', 'force_another'] as const) {
    expect(same(input, { ...input, [choice]: true })).toBe(false)
    expect(same(input, { ...input, [choice]: false })).toBe(true)
  }
})
