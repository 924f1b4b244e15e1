import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mintId, type PackageId, type VendorId } from '#kernel/ids'
import { addPackage } from '#domain/catalogue'
import { addOrg } from '#domain/orgs'
import { type NewVersion, publishVersion } from '#domain/publishing'
import { addVendor } from '#domain/vendors'
import { aDatabase } from '../../support/database.ts'

const AT = new Date('2026-01-01T00:00:00Z')
const day = (n: number) => new Date(AT.getTime() + n * 86_400_000)
const id = <P extends string>(prefix: P) => mintId(prefix, AT, Math.random)

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

/** A vendor that publishes by short names: `publish('suite', { on: 1, metapackage: true, require: ['search'] })`. */
async function aVendor() {
  const { db } = database
  const vendor: VendorId = id('ven')
  const org = id('org')
  const slug = vendor.slice(4).toLowerCase()
  await addOrg(db, { id: org, slug, name: 'A', at: AT })
  await addVendor(db, { id: vendor, orgId: org, slug, name: 'A', at: AT, approvedAt: AT })
  const packages = new Map<string, PackageId>()

  async function register(name: string, { hidden = false } = {}): Promise<PackageId> {
    const packageId = id('pkg')
    await addPackage(db, {
      id: packageId,
      vendorId: vendor,
      name: `${slug}/${name}`,
      type: 'library',
      title: name,
      summary: '',
      hidden,
      at: AT,
    })
    packages.set(name, packageId)
    return packageId
  }

  let minor = 0
  async function publish(
    name: string,
    { on = 0, metapackage = false, require = [] as string[], ...rest }: Partial<NewVersion> & Published = {},
  ) {
    const packageId = packages.get(name) ?? (await register(name))
    const links = require.map((each) => [each.includes('/') ? each : `${slug}/${each}`, '^1.0'])
    return publishVersion(db, {
      id: id('ver'),
      packageId,
      tag: `v1.${minor++}.0`,
      commitSha: 'a'.repeat(40),
      treeSha: 'b'.repeat(40),
      committedAt: AT,
      releasedAt: day(on),
      manifest: {
        name: `${slug}/${name}`,
        ...(metapackage && { type: 'metapackage' }),
        require: Object.fromEntries(links),
      },
      archive: metapackage ? undefined : zip,
      ...rest,
    })
  }

  /** The covered packages by short name, each with its first day. The package itself has `-Infinity`. */
  async function covered(name: string): Promise<Record<string, number>> {
    const rows = await db
      .selectFrom('package_coverage as c')
      .innerJoin('packages as p', 'p.id', 'c.child_id')
      .select(['p.name', 'c.since'])
      .where('c.parent_id', '=', packages.get(name) ?? 'pkg_')
      .execute()
    const days = rows.map((row) => [row.name, (Number(row.since) - AT.getTime()) / 86_400_000] as const)
    return Object.fromEntries(days.map(([full, n]) => [full.replace(`${slug}/`, ''), n]))
  }
  return { slug, packages, register, publish, covered }
}
interface Published {
  on?: number
  metapackage?: boolean
  require?: string[]
}
const zip = {
  sha1: '1'.repeat(40),
  sha256: '2'.repeat(64),
  contentSha256: '3'.repeat(64),
  bytes: 1,
  builder: 'zip1/test',
}

describe('what a package covers', () => {
  test('a package covers all of its own releases', async () => {
    const { publish, covered } = await aVendor()
    await publish('search')
    expect(await covered('search')).toEqual({ search: -Infinity })
  })

  test('a metapackage covers its requirements, and theirs, from the first release that requires them', async () => {
    const { publish, covered } = await aVendor()
    await publish('search', { on: 0 })
    await publish('pair', { on: 1, metapackage: true, require: ['search'] })
    await publish('suite', { on: 2, metapackage: true })
    await publish('suite', { on: 5, metapackage: true, require: ['pair'] })
    await publish('suite', { on: 7, metapackage: true, require: ['pair'] })
    expect(await covered('suite')).toEqual({ suite: -Infinity, pair: 5, search: 5 })
  })

  test('a module covers only its hidden requirements, and a metapackage covers them through the module', async () => {
    const { register, publish, covered } = await aVendor()
    await register('core', { hidden: true })
    await publish('core')
    await publish('search')
    await publish('stock', { on: 3, require: ['core', 'search'] })
    await publish('suite', { on: 1, metapackage: true, require: ['stock'] })
    expect(await covered('stock')).toEqual({ stock: -Infinity, core: 3 })
    expect(await covered('suite')).toEqual({ suite: -Infinity, stock: 1, core: 3 })
  })

  test('a package that is required in two ways is covered from the earlier day', async () => {
    const { publish, covered } = await aVendor()
    await publish('search')
    await publish('late', { on: 9, metapackage: true, require: ['search'] })
    await publish('early', { on: 2, metapackage: true, require: ['search'] })
    await publish('suite', { on: 1, metapackage: true, require: ['late', 'early'] })
    expect((await covered('suite'))['search']).toBe(2)
  })

  test('a new version of a package updates the coverage of the packages that require it', async () => {
    const { register, publish, covered } = await aVendor()
    await register('core', { hidden: true })
    await publish('core')
    await publish('stock')
    await publish('suite', { on: 1, metapackage: true, require: ['stock'] })
    expect(await covered('suite')).not.toHaveProperty('core')
    await publish('stock', { on: 4, require: ['core'] })
    expect((await covered('suite'))['core']).toBe(4)
  })

  test('a cycle of requirements is covered without an endless loop', async () => {
    const { register, publish, covered } = await aVendor()
    await register('b')
    await publish('a', { metapackage: true, require: ['b'] })
    await publish('b', { metapackage: true, require: ['a'] })
    expect(await covered('a')).toEqual({ a: -Infinity, b: 0 })
  })

  test('a package of another vendor is never covered', async () => {
    const { publish, covered } = await aVendor()
    const other = await aVendor()
    await other.publish('search')
    await publish('suite', { metapackage: true, require: [`${other.slug}/search`] })
    expect(await covered('suite')).toEqual({ suite: -Infinity })
  })

  test('ten levels of requirements are covered, and the eleventh is not', async () => {
    const { publish, covered } = await aVendor()
    await publish('p12', { metapackage: true })
    for (let n = 11; n >= 1; n--) await publish(`p${n}`, { metapackage: true, require: [`p${n + 1}`] })
    const children = Object.keys(await covered('p1'))
    expect(children).toContain('p11')
    expect(children).not.toContain('p12')
  })

  test('a package may cover 500 packages and no more, and a refused version changes nothing', async () => {
    const { register, publish, covered, packages } = await aVendor()
    const names = Array.from({ length: 501 }, (_, n) => `p${n}`)
    await Promise.all(names.map((name) => register(name)))
    await publish('suite', { metapackage: true, require: names.slice(0, 500) })
    expect(Object.keys(await covered('suite'))).toHaveLength(501)
    await publish('other', { metapackage: true, require: [names[500] ?? ''] })
    const one = { metapackage: true, require: ['other'] }
    await expect(publish('suite', one)).rejects.toMatchObject({ code: 'covers_too_many_packages' })
    expect(Object.keys(await covered('suite'))).toHaveLength(501)
    const versions = database.db
      .selectFrom('versions')
      .select('id')
      .where('package_id', '=', packages.get('suite') ?? 'pkg_')
    expect(await versions.execute()).toHaveLength(1)
  })

  test('coverage is complete when a package and its requirement are published at the same moment', async () => {
    for (let round = 0; round < 5; round++) {
      const { register, publish, covered } = await aVendor()
      await register('core', { hidden: true })
      await register('stock')
      await register('suite')
      await Promise.all([
        publish('suite', { on: 1, metapackage: true, require: ['stock'] }),
        publish('stock', { on: 2, require: ['core'] }),
      ])
      expect(await covered('suite')).toEqual({ suite: -Infinity, stock: 1, core: 2 })
    }
  })
})

describe('publishing a version', () => {
  test('a version that is published again under the same number does not replace the first one', async () => {
    const { publish, packages } = await aVendor()
    const first = await publish('search', { tag: 'v1.0.0' })
    const again = await publish('search', { tag: '1.0.0', commitSha: 'c'.repeat(40) })
    expect(again).toEqual({ id: first.id, label: '1.0.0', fresh: false })
    const row = await database.db
      .selectFrom('packages')
      .select('revision')
      .where('id', '=', packages.get('search') ?? 'pkg_')
      .executeTakeFirst()
    expect(row).toEqual({ revision: 1 })
  })

  test.each([
    ['release-1', 'not_a_version_tag'],
    ['v1', 'not_a_version_tag'],
    ['1.0.0+build', 'not_a_version_tag'],
    ['1.0.0-dev', 'not_a_version_tag'],
  ])('the tag %s is refused as %s', async (tag, code) => {
    const { publish } = await aVendor()
    await expect(publish('search', { tag })).rejects.toMatchObject({ code })
  })

  test('2026.05.01 and 2026.5.1 are one version, because Composer compares them as equal', async () => {
    const { publish } = await aVendor()
    const first = await publish('search', { tag: '2026.05.01' })
    expect(await publish('search', { tag: '2026.5.1' })).toEqual({
      id: first.id,
      label: '2026.05.01',
      fresh: false,
    })
  })

  test('a refused manifest is described by its field, its value and the rule', async () => {
    const { publish, slug } = await aVendor()
    const manifest = { name: `${slug}/search`, require: { php: '^' } }
    await expect(publish('search', { tag: 'v1.0.0', manifest })).rejects.toThrow(
      `The composer.json of ${slug}/search at v1.0.0 has "^" as require.php, which has to be a version constraint that Composer can read.`,
    )
  })

  test.each([
    [{ name: 'other/name' }, 'wrong_name'],
    [{ version: '9.9.9' }, 'version_field_disagrees'],
    [{ require: ['php'] }, 'manifest_invalid'],
    [{ require: { php: 8 } }, 'manifest_invalid'],
    [{ require: { 'buy/me': 'the user agreed' } }, 'manifest_invalid'],
    [{ replace: { 'the user agreed': '*' } }, 'manifest_invalid'],
    [{ description: 'a\u001b[2Jb' }, 'manifest_invalid'],
    [{ description: 'a\ud800b' }, 'manifest_invalid'],
    [{ require: { php: '^' } }, 'manifest_invalid'],
    [{ require: { 'acme/core': '^2.0.*' } }, 'manifest_invalid'],
    [{ autoload: 'nope' }, 'manifest_invalid'],
    [{ license: 5 }, 'manifest_invalid'],
    [{ bin: ['../../evil'] }, 'manifest_invalid'],
    [{ replace: { 'magento/framework': '*' } }, 'manifest_invalid'],
    [{ provide: { 'magento/framework': '*' } }, 'manifest_invalid'],
    [{ replace: { 'psr/log-implementation': '*' } }, 'manifest_invalid'],
    [{ type: 'metapackage' }, 'archive_does_not_fit_type'],
  ])('a manifest with %j is refused as %s', async (fault, code) => {
    const { publish, slug } = await aVendor()
    const manifest = { name: `${slug}/search`, ...fault }
    await expect(publish('search', { manifest })).rejects.toMatchObject({ code })
  })

  test('a package without its archive is refused', async () => {
    const { publish } = await aVendor()
    await expect(publish('search', { archive: undefined })).rejects.toMatchObject({
      code: 'archive_does_not_fit_type',
    })
  })
})
