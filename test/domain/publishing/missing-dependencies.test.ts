import { sql } from 'kysely'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { addPackage } from '#domain/catalogue'
import { missingDependencies, noteMissing, reportMissing } from '#domain/publishing'
import type { MailData } from '#domain/mail'
import { mintId } from '#kernel/ids'
import { inTransaction } from '#platform/transactions'
import { syncActivities } from '../../../src/activities/syncs.ts'
import { MAIL_TEXTS } from '../../../src/relay/mail-texts.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aSilentLog } from '../../support/a-silent-log.ts'
import { aStoredVersion, copiesOfAVersion } from '../../support/a-stored-version.ts'
import { aDatabase } from '../../support/database.ts'
import { refuseRows } from '../../support/refused-rows.ts'

const SEARCH = 'northwind/module-search'
const LABELS = 'fabrikam/module-labels'
const HOUR_MS = 60 * 60_000

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
/** Tags of this test; each is newer than those before. */
let tag: number
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
  tag = 10
})
afterAll(() => database.close())
beforeEach(async () => {
  await database.db.deleteFrom('mails').execute()
})

/** Stores a newer version of a package that requires these. */
async function requires(name: string, required: Record<string, string>, more: object = {}): Promise<void> {
  tag++
  const manifest = { name, type: 'magento2-module', require: required, ...more }
  const packageId = market.package(name)
  await aStoredVersion(database.db, { packageId, tag: `v${tag}.0.0`, manifest, at: new Date() })
}
const missingOf = async (name: string) =>
  (await missingDependencies(database.db, { package: market.package(name) })).map(
    (each) => `${each.name} ${each.reason}`,
  )
async function aPackage(name: string) {
  const id = mintId('pkg', new Date(), Math.random)
  const about = { type: 'library', title: name, summary: '', at: new Date() }
  await addPackage(database.db, { id, vendorId: market.vendor('northwind'), name, ...about })
}

describe('a requirement that nobody serves', () => {
  test.for([
    ['php', []],
    ['ext-json', []],
    ['composer-runtime-api', []],
    ['magento/framework', []],
    ['psr/log', []],
    ['northwind/module-stock', []],
    // hidden, of the same vendor
    ['northwind/module-core', []],
    ['northwind/unheard-of', ['northwind/unheard-of no_package']],
    ['Northwind/Unheard-Of', ['northwind/unheard-of no_package']],
    ['contoso/unheard-of', ['contoso/unheard-of no_package']],
  ] as const)('a requirement of %s is missing: %j', async ([name, missing]) => {
    await requires(SEARCH, { [name]: '*' })

    expect(await missingOf(SEARCH)).toEqual(missing)
  })

  test('a hidden package of another vendor is missing, and the answer is that of a package that does not exist', async () => {
    await requires(LABELS, { 'northwind/module-core': '*', 'northwind/nothing': '*' })

    expect(await missingOf(LABELS)).toEqual([
      'northwind/module-core no_package',
      'northwind/nothing no_package',
    ])
  })

  test('a package without a version is missing until it has one', async () => {
    await aPackage('northwind/empty')
    await requires(SEARCH, { 'northwind/empty': '*' })

    expect(await missingOf(SEARCH)).toEqual(['northwind/empty no_version'])
  })

  test('a name that a package of its namespace replaces is not missing', async () => {
    await requires('northwind/module-hello', {}, { replace: { 'northwind/merged': 'self.version' } })
    await requires(SEARCH, { 'northwind/merged': '*' })

    expect(await missingOf(SEARCH)).toEqual([])
  })

  test('a hidden package that replaces a name serves it to packages of its vendor only', async () => {
    await requires('northwind/module-core', {}, { replace: { 'Northwind/Inner': 'self.version' } })
    for (const name of [SEARCH, LABELS]) await requires(name, { 'northwind/inner': '*' })

    expect(await missingOf(SEARCH)).toEqual([])
    expect(await missingOf(LABELS)).toEqual(['northwind/inner no_package'])
  })

  test('500 names are looked up in a moment, however large their namespace is', async () => {
    const names = Array.from({ length: 500 }, (_, i) => `northwind/made-up-${i}`)
    const replace = { 'northwind/made-up-0': '*' }
    await requires('northwind/module-hello', {}, { replace, extra: Array(5000).fill(0) })
    await copiesOfAVersion(database.db, {
      packageId: market.package('northwind/module-hello'),
      tag: `v${tag}.0.0`,
      count: 40,
    })
    await requires(SEARCH, Object.fromEntries(names.map((name) => [name, '*'])))

    const missing = await inTransaction(database.db, async (tx) => {
      await sql`set local statement_timeout = '1s'`.execute(tx)
      return missingDependencies(tx, { package: market.package(SEARCH) })
    })

    expect(missing.map(({ name }) => name)).toEqual(names.slice(1).toSorted())
  })

  test('texts that Postgres cannot read as JSON hide no replaced name', async () => {
    const texts = { description: '\0 \\u0000 \ud800', provide: [], replace: { 'northwind/odd': '*' } }
    await requires('northwind/module-hello', {}, texts)
    await requires(SEARCH, { 'northwind/odd': '*' })

    expect(await missingOf(SEARCH)).toEqual([])
  })

  test('only the newest stable version counts', async () => {
    await requires(SEARCH, { 'northwind/gone': '*' })
    await requires(SEARCH, {})

    expect(await missingOf(SEARCH)).toEqual([])
  })
})

describe('telling the vendor about a missing dependency', () => {
  const note = (name: string, at: Date) => noteMissing(database.db, { packageId: market.package(name), at })
  /** Vendors that could not be told. */
  const failures: string[] = []
  const tell = (at: Date) =>
    reportMissing(database.db, { at, onFailure: (_, vendor) => void failures.push(vendor) })
  const mails = async () => {
    const query = database.db.selectFrom('mails').select(['to_address', 'kind', 'data'])
    const rows = await query.orderBy('created_at').execute()
    return rows.map(({ to_address, kind, data }) => [to_address, kind, (data as { name: string }).name])
  }
  const at = new Date('2026-11-30T10:00:00Z')
  const later = (hours: number) => new Date(at.getTime() + hours * HOUR_MS)

  /** Ends a look at the tags of the labels, as the workflow does it. */
  async function endOfALook(asked: number) {
    const packageId = market.package(LABELS)
    await database.db
      .insertInto('package_syncs')
      .values({ package_id: packageId, asked, next_look_at: at })
      .onConflict((on) => on.column('package_id').doUpdateSet({ asked }))
      .execute()
    const steps = syncActivities({ db: database.db, log: aSilentLog })
    return steps.endSync({ packageId, asked, at: at.toISOString() })
  }

  test('each owner and admin gets one mail per name after an hour, whatever requires it, and never a second one', async () => {
    const name = 'northwind/told-once'
    await requires(SEARCH, { [name]: '*' })
    await requires('northwind/module-stock', { [name]: '*' })
    for (const each of [SEARCH, 'northwind/module-stock']) await note(each, at)

    expect(await tell(later(0.9))).toBe(0)
    const both = await Promise.all([tell(later(1)), tell(later(1))])
    expect(both.toSorted()).toEqual([0, 1])
    expect(await mails()).toEqual([['vendor@example.test', 'dependency_missing', name]])

    // even when the sent mail was deleted meanwhile
    await database.db.deleteFrom('mails').execute()
    await note(SEARCH, later(3000))
    expect(await tell(later(3002))).toBe(0)
    expect(await mails()).toEqual([])
  })

  test('one mail tells all names that are due, and names 20 of them', async () => {
    const names = Array.from({ length: 25 }, (_, i) => `northwind/one-of-many-${i + 10}`)
    await requires(SEARCH, Object.fromEntries(names.map((name) => [name, '*'])))
    await note(SEARCH, at)

    expect(await tell(later(1))).toBe(25)
    const rows = await database.db.selectFrom('mails').select('data').execute()
    expect(rows).toHaveLength(1)
    const data = rows[0]?.data as MailData['dependency_missing']
    expect([data.name, ...(data.more ?? []).map(({ name }) => name)]).toEqual(names.slice(0, 20))
    expect(data.others).toBe(5)
    const text = MAIL_TEXTS.dependency_missing(data, { origin: 'https://market.example', link: '' })
    expect(text.subject).toBe('25 required packages are not published')
    expect(text.paragraphs[1]).toMatch(/one-of-many-29, which .*-search requires; and of 5 more names\.$/)
    expect(await tell(later(2))).toBe(0)
  })

  test('the end of a look at the tags of a package notes what is missing', async () => {
    const name = 'northwind/seen-by-a-look'
    await requires(LABELS, { [name]: '*' })
    await endOfALook(1)

    expect(await tell(later(1))).toBe(1)
    expect(await mails()).toEqual([['vendor@example.test', 'dependency_missing', name]])
  })

  test('a look ends when missing dependencies cannot be noted, and the next one notes them', async () => {
    await requires(LABELS, { 'northwind/noted-later': '*' })
    const repair = await refuseRows(database.db, 'missing_dependencies', 'insert')

    expect(await endOfALook(2)).toEqual({ isAskedAgain: false })
    expect(await tell(later(2))).toBe(0)
    await repair()
    await endOfALook(3)
    expect(await tell(later(2))).toBe(1)
  })

  test('a vendor that cannot be told delays no other vendor, and is told an hour later', async () => {
    const vendor = market.vendor('northwind')
    await requires(SEARCH, { 'northwind/told-later': '*' })
    await requires(LABELS, { 'northwind/told-in-time': '*' })
    await note(SEARCH, at)
    await note(LABELS, later(0.5))
    const isTold = `new.told_at is not null and new.vendor_id = '${vendor}'`
    const repair = await refuseRows(database.db, 'missing_dependencies', 'update', isTold)

    expect(await tell(later(2))).toBe(1)
    expect(failures).toEqual([vendor])
    await repair()
    expect(await tell(later(2.9))).toBe(0)
    expect(await tell(later(3))).toBe(1)
    expect(await mails()).toEqual([
      ['vendor@example.test', 'dependency_missing', 'northwind/told-in-time'],
      ['vendor@example.test', 'dependency_missing', 'northwind/told-later'],
    ])
  })

  test('a name that was published within the hour causes no mail, and is told when it is missing again', async () => {
    const name = 'northwind/soon-there'
    await requires(SEARCH, { [name]: '*' })
    await note(SEARCH, at)
    await requires('northwind/module-hello', {}, { replace: { [name]: 'self.version' } })
    const replacing = database.db.updateTable('versions').where('label', '=', `${tag}.0.0`)

    expect(await tell(later(2))).toBe(0)
    expect(await mails()).toEqual([])
    await replacing.set({ status: 'withdrawn' }).execute()
    await note(SEARCH, later(3))
    expect(await tell(later(5))).toBe(1)
  })
})
