import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPublicPackage, searchPackages } from '#domain/catalogue'
import { blockVersion, deriveMissing, publishVersion, withdrawVersion } from '#domain/publishing'
import { mintId, type VersionId } from '#kernel/ids'
import { linesText, MAGENTO_RELEASES, RELEASES_REVISION } from '#kernel/magento'
import { inTransaction } from '#platform/transactions'
import { checkVersion } from '../../../src/domain/publishing/checks/check-version.ts'
import { compatibilityIn } from '../../../src/domain/publishing/compatibility/derive.ts'
import { lockVersion } from '../../../src/domain/publishing/lock-version.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aDatabase } from '../../support/database.ts'

const AT = new Date('2026-11-30T10:00:00Z')

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase()
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const lines = (manifest: object = {}) => {
  const { worksWith } = compatibilityIn({ ...manifest })
  return worksWith && linesText(worksWith)
}

describe('what a composer.json says about Magento', () => {
  test('the table of releases has a new revision when it changes, so that stored versions are derived again', () => {
    const hash = createHash('sha256').update(JSON.stringify(MAGENTO_RELEASES)).digest('hex').slice(0, 16)

    expect({ revision: RELEASES_REVISION, hash }).toEqual({ revision: 1, hash: '3f4657f7dcec93c7' })
  })

  test.for([
    ['103.0.*', '2.4.0–2.4.9'],
    ['~103.0.4', '2.4.4–2.4.9'],
    ['^103.0.7', '2.4.7–2.4.9'],
    ['103.0.6', '2.4.6'],
    ['103.0.6-p3', '2.4.6'],
    // only the patches of 2.4.6, and what follows
    ['>103.0.6', '2.4.6–2.4.9'],
    ['>=103.0.6-p2 <103.0.8', '2.4.6–2.4.7'],
    ['<=103.0.5', '2.4.0–2.4.5'],
    ['<103.0.5', '2.4.0–2.4.4'],
    ['103.0.4 - 103.0.6', '2.4.4–2.4.6'],
    ['102.0.*||~103.0.0 <103.0.2||103.0.8.*', '2.4.0–2.4.1, 2.4.8'],
    ['!=103.0.5', '2.4.0–2.4.9'],
    ['*', '2.4.0–2.4.9'],
    ['100.1.*|101.0.*|102.0.*', ''],
    ['^104.0', ''],
    ['no constraint', ''],
  ] as const)(
    'a package that requires %s of magento/framework works with Magento %s',
    ([range, expected]) => {
      expect(lines({ require: { php: '>=8.1', 'magento/framework': range } })).toBe(expected)
    },
  )

  test('the editions count by their own number, and all that is said has to fit', () => {
    expect(lines({ require: { 'magento/product-community-edition': '~2.4.6' } })).toBe('2.4.6–2.4.9')
    expect(lines({ require: { 'Magento/Product-Enterprise-Edition': '2.4.7-p1' } })).toBe('2.4.7')
    expect(lines({ require: { 'magento/framework': '>=103.0.5', 'magento/magento2-base': '<2.4.8' } })).toBe(
      '2.4.5–2.4.7',
    )
    // a patch of one and another patch of the other are no release
    const apart = { 'magento/framework': '103.0.6-p1', 'magento/magento2-base': '2.4.6-p2' }
    expect(lines({ require: apart })).toBe('')
  })

  test('a package does not work with a Magento with which it conflicts, but works with Open Source if it conflicts with Commerce', () => {
    const conflict = { 'magento/framework': '<103.0.6 || >=103.0.8' }

    expect(lines({ require: { 'magento/framework': '^103.0' }, conflict })).toBe('2.4.6–2.4.7')
    expect(lines({ conflict })).toBe('2.4.6–2.4.7')
    // other releases of 2.4.6 are left
    expect(lines({ conflict: { 'magento/framework': '103.0.6 || 103.0.6-p1' } })).toBe('2.4.0–2.4.9')
    expect(lines({ conflict: { 'magento/product-enterprise-edition': '*' } })).toBeUndefined()
  })

  test.for([
    [{}],
    [{ require: { php: '>=8.1', 'magento/module-catalog': '104.0.*', 'mage-os/framework': '^3.0' } }],
    [{ 'require-dev': { 'magento/framework': '^103.0' } }],
    [{ require: { __proto__: null, constructor: '1', toString: '2' } }],
    [{ require: [], conflict: null }],
  ] as const)('a composer.json that names no release of Magento says nothing about it: %j', ([manifest]) => {
    expect(lines(manifest)).toBeUndefined()
  })

  test('what a vendor says about tests is shown sorted and once each, or not at all and with a warning', () => {
    const saying = (tested: unknown) => ({ extra: { packagento: { 'tested-with': tested } } })
    const warned = (manifest: object) =>
      checkVersion({ manifest: { ...manifest }, files: [], links: [], zipBytes: 1 })[0]?.message ?? ''

    const said = saying(['2.4.10', '2.4.7-p10', '2.4.7-p3', '2.4.7', '2.4.7'])
    expect(compatibilityIn(said).testedWith).toEqual(['2.4.7', '2.4.7-p3', '2.4.7-p10', '2.4.10'])
    expect(warned(said)).not.toContain('tested-with')
    for (const odd of ['2.4.7', ['2.4'], ['<b>'], ['2.4.7', 1], [`2.4.7\n`], {}, Array(21).fill('2.4.7')]) {
      expect(compatibilityIn(saying(odd)).testedWith).toEqual([])
      expect(warned(saying(odd))).toContain('Its extra.packagento.tested-with is not shown')
    }
    for (const none of [
      {},
      { extra: { packagento: [] } },
      { extra: ['packagento'] },
      saying(null),
      saying([]),
    ]) {
      expect(compatibilityIn(none).testedWith).toEqual([])
      expect(warned(none)).not.toContain('tested-with')
    }
  })
})

describe('the Magento versions of a package in the catalogue', () => {
  const SUITE = 'northwind/suite'
  const publish = (label: string, about: object) =>
    publishVersion(database.db, {
      id: mintId('ver', AT, Math.random),
      packageId: market.package(SUITE),
      tag: label,
      commitSha: 'a'.repeat(40),
      treeSha: 'b'.repeat(40),
      committedAt: AT,
      releasedAt: AT,
      manifest: { name: SUITE, type: 'metapackage', ...about },
    })
  const requiring = (range: string, tested: string[] = []) => ({
    require: { 'magento/framework': range },
    extra: { packagento: { 'tested-with': tested } },
  })
  const found = async (worksWith: string) =>
    (await searchPackages(database.db, { worksWith, vendor: 'northwind', limit: 100 })).map(
      ({ name }) => name,
    )
  const fit = async () => (await findPublicPackage(database.db, SUITE))?.magento
  const asVendor = async () => ({
    caller: market.caller('vendor'),
    org: await market.access('vendor', 'northwind'),
  })

  test('a package is found by each line with which a version on offer works, and no longer after that one is withdrawn or blocked', async () => {
    expect(await fit()).toEqual({ latest: undefined, older: [], testedWith: [] })
    expect(await found('2.4.4')).not.toContain(SUITE)

    await publish('v3.0.0', requiring('>=103.0.4 <103.0.7'))
    await publish('v3.1.0', requiring('>=103.0.6 <103.0.8', ['2.4.6-p3']))
    await publish('v4.0.0-beta1', requiring('103.0.9'))

    expect(await fit()).toEqual({
      latest: ['2.4.6', '2.4.7'],
      older: [
        { line: '2.4.4', label: '3.0.0' },
        { line: '2.4.5', label: '3.0.0' },
      ],
      testedWith: ['2.4.6-p3'],
    })
    for (const line of ['2.4.4', '2.4.5-p12', '2.4.6', '2.4.7']) expect(await found(line)).toContain(SUITE)
    // nobody gets an unstable version unasked
    for (const line of ['2.4.3', '2.4.8', '2.4.9']) expect(await found(line)).not.toContain(SUITE)

    await withdrawVersion(database.db, {
      by: await asVendor(),
      package: SUITE,
      version: '3.0.0',
      reason: 'It does not install',
    })
    expect(await found('2.4.5')).not.toContain(SUITE)
    expect(await found('2.4.6')).toContain(SUITE)
    await blockVersion(database.db, {
      operator: market.person('operator'),
      package: SUITE,
      version: '3.1.0',
      reason: 'steals',
    })
    expect(await found('2.4.6')).not.toContain(SUITE)
  })

  test('an unknown Magento version is refused, and never an empty answer', async () => {
    for (const odd of ['2.3.7', '2.4', '2.4.99', '', '2.4.6 or 1=1', '2.4.6-p'])
      await expect(found(odd)).rejects.toMatchObject({ code: 'magento_version_unknown', kind: 'invalid' })
  })

  test('versions that are older than the table of releases, or were derived by an older one, are derived once, and those of a newer one stay', async () => {
    const { db } = database
    const id = market.package('northwind/module-stock')
    const stored = () =>
      db
        .selectFrom('version_compatibility')
        .selectAll()
        .where('version_id', 'in', (of) =>
          of.selectFrom('versions').select('id').where('package_id', '=', id),
        )
        .orderBy('version_id')
        .execute()
    const before = await stored()
    const [first, second, third] = before.map(({ version_id }) => version_id) as [
      VersionId,
      VersionId,
      VersionId,
    ]
    const change = (version: VersionId, derived_by: number) =>
      db
        .updateTable('version_compatibility')
        .set({ works_with: ['2.4.0'], derived_by })
        .where('version_id', '=', version)
        .execute()
    await db.deleteFrom('version_compatibility').where('version_id', '=', first).execute()
    await change(second, RELEASES_REVISION)
    await change(third, RELEASES_REVISION + 1)
    await db.deleteFrom('package_magento_lines').execute()

    // two processes at once
    const derived = await Promise.all([deriveMissing(db), deriveMissing(db)])

    expect(derived[0] + derived[1]).toBe(1)
    expect(await stored()).toEqual([
      before[0],
      { ...before[1], works_with: ['2.4.0'] },
      { ...before[2], works_with: ['2.4.0'], derived_by: RELEASES_REVISION + 1 },
    ])
    expect(await found('2.4.0')).toEqual(['northwind/module-stock'])
    expect(await deriveMissing(db)).toBe(0)
  })

  test('publications and withdrawals at the same time leave the lines that the versions on offer have', async () => {
    await publish('v5.0.0', requiring('103.0.5'))
    // a withdrawal locks its version before the package: a publication may not wait for it
    await inTransaction(database.db, async (tx) => {
      await lockVersion(tx, { package: SUITE, version: '5.0.0' })
      await publish('v5.1.0', requiring('103.0.6'))
    })
    await database.db.deleteFrom('version_compatibility').execute()

    await Promise.all([
      publish('v5.2.0', requiring('103.0.7')),
      withdrawVersion(database.db, {
        by: await asVendor(),
        package: SUITE,
        version: '5.0.0',
        reason: 'It does not install',
      }),
      deriveMissing(database.db),
    ])

    expect(await fit()).toMatchObject({ latest: ['2.4.7'], older: [{ line: '2.4.6', label: '5.1.0' }] })
  })
})
