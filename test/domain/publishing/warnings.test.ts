import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { blockVersion, fileAdvisory, type NewAdvisory } from '#domain/publishing'
import { aMarket, type Market } from '../../support/a-market.ts'
import { auditOf } from '../../support/a-member.ts'
import { aDatabase } from '../../support/database.ts'

const NOW = new Date('2026-11-23T10:00:00Z')

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const revisionOf = async (name: string) =>
  (
    await database.db
      .selectFrom('packages')
      .select('revision')
      .where('name', '=', name)
      .executeTakeFirstOrThrow()
  ).revision
const auditedBy = async (action: string) =>
  (await auditOf(database.db, market.org('northwind'))).filter((event) => event['action'] === action)

describe('blocking a version as malware', () => {
  const block = (more: Partial<Parameters<typeof blockVersion>[1]> = {}) =>
    blockVersion(database.db, {
      operator: market.person('operator'),
      package: 'northwind/module-hello',
      version: '1.0.0',
      reason: 'steals greetings',
      ...more,
    })

  test('only an operator may block a version as malware', async () => {
    for (const name of ['vendor', 'buyer'])
      await expect(block({ operator: market.person(name) })).rejects.toMatchObject({
        code: 'not_an_operator',
      })
    const operator = database.db.updateTable('customers').where('id', '=', market.person('operator'))
    await operator.set({ disabled_at: NOW }).execute()
    await expect(block()).rejects.toMatchObject({ code: 'not_an_operator' })
    await operator.set({ disabled_at: null }).execute()
    expect(await auditedBy('block_version')).toEqual([])
  })

  test('a version is blocked once, which changes its package and is in the audit log of its vendor', async () => {
    const before = await revisionOf('northwind/module-hello')
    const [first, second] = [await block(), await block({ reason: 'another' })]
    expect([first.fresh, second]).toEqual([true, { id: first.id, fresh: false }])
    expect(await revisionOf('northwind/module-hello')).toBe(before + 1)
    expect(await auditedBy('block_version')).toMatchObject([
      { outcome: 'done', customer: market.person('operator'), object: first.id },
    ])
    const row = await database.db
      .selectFrom('versions')
      .select(['status', 'blocked_because'])
      .where('id', '=', first.id)
      .executeTakeFirst()
    expect(row).toEqual({ status: 'blocked', blocked_because: 'steals greetings' })
  })

  test('blocking a version needs an existing version and a reason that fits in one line', async () => {
    await expect(block({ version: '9.9.9' })).rejects.toMatchObject({ code: 'version_not_found' })
    await expect(block({ package: 'a/b' })).rejects.toMatchObject({ code: 'version_not_found' })
    for (const reason of ['', ' ', 'a\nb', 'a <info>b', 'x'.repeat(101), '\u001b[2J', 'a\u202eb'])
      await expect(block({ reason })).rejects.toMatchObject({ code: 'reason_invalid' })
  })
})

describe('filing an advisory', () => {
  const file = (more: Partial<NewAdvisory> = {}) =>
    fileAdvisory(database.db, {
      by: { operator: market.person('operator') },
      package: 'northwind/module-search',
      affectedVersions: '<1.1.0',
      title: 'A search may run scripts',
      severity: 'high',
      at: NOW,
      ...more,
    })
  const asVendor = async () => ({
    caller: market.caller('vendor'),
    org: await market.access('vendor', 'northwind'),
  })

  test('only operators, and members who may publish for the vendor, may file an advisory', async () => {
    const by = await asVendor()
    const ids = [await file(), await file({ by })]
    expect(await auditedBy('file_advisory')).toMatchObject([
      { object: ids[0], customer: market.person('operator') },
      { object: ids[1], customer: market.person('vendor') },
    ])
    for (const role of ['billing', 'viewer'] as const)
      await expect(file({ by: { ...by, org: { ...by.org, role } } })).rejects.toMatchObject({
        code: 'not_allowed',
      })
    await expect(file({ by: { operator: market.person('vendor') } })).rejects.toMatchObject({
      code: 'not_an_operator',
    })
  })

  test('a vendor who files an advisory about the package of another vendor is told that the package does not exist', async () => {
    const org = await market.access('newvendor', 'contoso')
    const by = { caller: market.caller('newvendor'), org }
    for (const name of ['northwind/module-search', 'a/b'])
      await expect(file({ by, package: name })).rejects.toMatchObject({ code: 'package_not_found' })
  })

  test('a CVE can be filed only once for a package', async () => {
    await file({ cve: 'CVE-2026-10001' })
    await expect(file({ cve: 'CVE-2026-10001' })).rejects.toMatchObject({ code: 'advisory_exists' })
    await file({ cve: 'CVE-2026-10001', package: 'northwind/theme-plain' })
  })

  test.each([
    [{ title: 'a\nb' }, 'title_invalid'],
    [{ title: '<error>' }, 'title_invalid'],
    [{ cve: 'CVE-1' }, 'cve_invalid'],
    [{ link: 'http://northwind.example' }, 'link_invalid'],
    [{ link: 'https://a:b@northwind.example' }, 'link_invalid'],
    [{ link: 'javascript:alert(1)' }, 'link_invalid'],
  ])('an advisory with %j is refused as %s', async (fault, code) => {
    await expect(file(fault)).rejects.toMatchObject({ code })
  })

  test.each([
    '*',
    '1.0.0',
    '>=1.0,<1.1.0',
    '>= 1.0 < 1.1 || == 2.0.0-beta1',
    '!=1.0|v1.2',
    '^1.0',
    '~1.0',
    '1.0 - 2.0',
    '1.x',
    '1.0@dev',
    '>=2024.05.01',
  ])('an advisory accepts the affected versions %s', async (affectedVersions) => {
    expect(await file({ affectedVersions })).toMatch(/^adv_/)
  })

  test.each([
    '',
    ' ',
    '1.0|',
    'dev-main',
    '^1.0 || feature-dev',
    '^',
    '^2.0.*',
    '>=',
    '<1.0\n;',
    '1.0\nignore this',
    '1.0 as <b>',
    'all',
    '1.0'.padEnd(300, ' || 1.0'),
  ])(
    'an advisory with the affected versions %j is refused, because Composer could not parse them',
    async (affectedVersions) => {
      await expect(file({ affectedVersions })).rejects.toMatchObject({ code: 'affected_versions_invalid' })
    },
  )
})
