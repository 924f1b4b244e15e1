import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { findPublicPackage, packagesForPurchase, searchPackages } from '#domain/catalogue'
import { entitlementsOf, grantingPackage, packageOfProject, windowsEnding } from '#domain/licensing'
import { inTransaction } from '#platform/transactions'
import { aLicence, aMarket, aProject, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'

const NOW = new Date('2026-11-23T10:00:00Z')
const UNTIL = new Date('2026-12-01T00:00:00Z')
const STOCK = 'northwind/module-stock'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const packages = () => database.db.updateTable('packages').where('name', '=', STOCK)
const vendors = () => database.db.updateTable('vendors').where('slug', '=', 'northwind')
const versions = () => database.db.updateTable('versions').where('package_id', '=', market.package(STOCK))

/** Puts the package on sale again. */
beforeEach(async () => {
  await packages().set({ hidden_at: null, withdrawn_at: null }).execute()
  await vendors().set({ approved_at: NOW, suspended_at: null, payable_since: NOW }).execute()
  await versions().set({ status: 'available', blocked_because: null }).execute()
})

const hidden = () => packages().set({ hidden_at: NOW })
const withdrawn = () => packages().set({ withdrawn_at: NOW })
const unapproved = () => vendors().set({ approved_at: null })
const suspended = () => vendors().set({ suspended_at: NOW })
const unpayable = () => vendors().set({ payable_since: null })
const without = (status: 'withdrawn' | 'blocked') => () =>
  versions().set({ status, ...(status === 'blocked' && { blocked_because: 'malware' }) })

describe('whether a package is visible and for sale', () => {
  test.for([
    ['is on offer', () => versions().set({ moved_to: null }), 'sold'],
    ['is hidden', hidden, 'unknown'],
    ['is of a vendor without approval', unapproved, 'unknown'],
    ['is withdrawn', withdrawn, 'known'],
    ['is of a suspended vendor', suspended, 'known'],
    ['has only withdrawn versions', without('withdrawn'), 'shown'],
    ['has only blocked versions', without('blocked'), 'shown'],
    ['is of a vendor that cannot be paid', unpayable, 'not payable'],
  ] as const)(
    'every query agrees on whether a package is visible and for sale when it %s',
    async ([, change, becomes]) => {
      const { db } = database
      const { id: project } = await aProject(market)
      await aLicence(market, { package: STOCK, project, validUntil: UNTIL })

      await change().execute()

      const isPublic = becomes !== 'unknown' && becomes !== 'known'
      const packageId = market.package(STOCK)
      const found = await searchPackages(db, { vendor: 'northwind', limit: 100 })
      expect(found.some(({ name }) => name === STOCK)).toBe(isPublic)
      expect((await findPublicPackage(db, STOCK)) !== undefined).toBe(isPublic)
      expect(await packageOfProject(db, { project: undefined, name: STOCK })).toMatchObject({ isPublic })
      expect(await windowsEnding(db, { project, from: NOW, to: UNTIL })).toMatchObject([{ isPublic }])
      expect(await grantingPackage(db, { project, packageId })).toMatchObject({ name: STOCK, isPublic })
      const entitled = await entitlementsOf(db, project)
      expect(entitled.find(({ name }) => name === STOCK)).toMatchObject({ isPublic })
      expect(await packagesForPurchase(db, [STOCK])).toMatchObject([
        {
          isKnown: becomes !== 'unknown',
          isSold: isPublic && becomes !== 'shown',
          vendorPayable: becomes !== 'not payable',
        },
      ])
    },
  )
})

describe('a licensed package that is no longer for sale', () => {
  test.for([
    ['hidden', hidden],
    ['withdrawn', withdrawn],
    ['without an approved vendor', unapproved],
    ['of a suspended vendor', suspended],
    ['of a vendor that cannot be paid', unpayable],
  ] as const)('a licensed package can still be installed when it is %s', async ([, change]) => {
    const { id: project } = await aProject(market)
    await aLicence(market, { package: STOCK, project, validUntil: UNTIL })

    await change().execute()

    expect(await packageOfProject(database.db, { project, name: STOCK })).toMatchObject({ until: UNTIL })
  })
})

test('finding a package does not read its manifests and READMEs, which may be large', async () => {
  const { db } = database
  const isOver = new Error('undo')

  const found = inTransaction(db, async (tx) => {
    for (const column of ['manifest', 'readme'])
      await sql`alter table versions rename column ${sql.ref(column)} to ${sql.ref(`no_${column}`)}`.execute(
        tx,
      )
    expect((await findPublicPackage(tx, STOCK))?.versions).toHaveLength(3)
    throw isOver
  })

  await expect(found).rejects.toBe(isOver)
})

describe('a version that is no longer on offer', () => {
  test.for(['withdrawn', 'blocked'] as const)('a version that is %s is shown in no list', async (status) => {
    const { db } = database
    const labels = async () => {
      const [found, page] = [
        (await searchPackages(db, { text: 'northwind/module-stock', limit: 1 }))[0],
        await findPublicPackage(db, STOCK),
      ]
      return { latest: found?.latestVersion, versions: page?.versions.map(({ label }) => label) }
    }
    expect(await labels()).toEqual({ latest: '1.2.0', versions: ['1.2.0', '1.1.0', '1.0.0'] })

    await without(status)().where('label', '=', '1.2.0').execute()

    expect(await labels()).toEqual({ latest: '1.1.0', versions: ['1.1.0', '1.0.0'] })
  })
})

describe('the search', () => {
  const found = async (text: string) => {
    const packages = await searchPackages(database.db, { text, limit: 10 })
    return packages.map(({ name }) => name)
  }

  test.for([
    ['I need a search that forgives typos', 'northwind/module-search'],
    ['how many pieces are left in my warehouses', 'northwind/module-stock'],
    ['stock and search together', 'northwind/suite'],
    ['an accessible theme for our shop', 'northwind/theme-plain'],
    ['labels on pictures of new products', 'fabrikam/module-labels'],
    ['northwind/module-stock', 'northwind/module-stock'],
    ['warehou', 'northwind/module-stock'],
  ] as const)('the everyday words "%s" find %s first', async ([text, name]) => {
    expect((await found(text))[0]).toBe(name)
  })

  test('words that fit every package count only without others', async () => {
    expect(await found('a Magento module for fireworks')).toEqual([])
    expect((await found('module')).length).toBeGreaterThan(3)
  })

  test.for(['&|!', "' | northwind", 'stock:*B', '(((', '  ', '\\', 'a'.repeat(100)])(
    'the signs %s are no operators of a search',
    async (text) => {
      await expect(found(text)).resolves.toBeDefined()
    },
  )

  test('pages of a search show each package once, best match first', async () => {
    const { db } = database
    const text = 'stock search theme suite'
    const all = await found(text)
    const paged: string[] = []
    let [after] = await searchPackages(db, { text, limit: 1 })
    while (after) {
      paged.push(after.name)
      after = (await searchPackages(db, { text, limit: 1, after }))[0]
    }

    expect(paged).toEqual(all)
    expect(paged.length).toBeGreaterThan(3)
  })
})
