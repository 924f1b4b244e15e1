import { sql } from 'kysely'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { findPublicPackage, searchPackages } from '#domain/catalogue'
import { deriveMissing } from '#domain/publishing'
import type { PackageId } from '#kernel/ids'
import type { Logger } from '#platform/logger'
import { startMagentoLines } from '../../../src/relay/magento-lines.ts'
import { aMarket, type Market } from '../../support/a-market.ts'
import { aSilentLog } from '../../support/a-silent-log.ts'
import { copiesOfAVersion } from '../../support/a-stored-version.ts'
import { aDatabase } from '../../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let market: Market
beforeAll(async () => {
  database = await aDatabase('market')
  market = await aMarket(database.db)
})
afterAll(() => database.close())

const due = async () => {
  const rows = await database.db
    .selectFrom('versions as v')
    .leftJoin('version_compatibility as c', 'c.version_id', 'v.id')
    .select('v.package_id')
    .where('c.version_id', 'is', null)
    .orderBy('v.package_id')
    .execute()
  return [...new Set(rows.map(({ package_id }) => package_id))]
}
/** Runs while no version of the first package can be stored. */
const whileFirstFails = async (run: (failing: PackageId) => Promise<void>) => {
  const { db } = database
  await db.deleteFrom('version_compatibility').execute()
  const [failing] = await due()
  if (!failing) throw new Error('no version is due')
  const ids = await db.selectFrom('versions').select('id').where('package_id', '=', failing).execute()
  const list = sql.join(ids.map(({ id }) => sql.lit(id)))
  await sql`alter table version_compatibility add constraint fails check (version_id not in (${list}))`.execute(
    db,
  )
  try {
    await run(failing)
  } finally {
    await sql`alter table version_compatibility drop constraint if exists fails`.execute(db)
  }
}

test('a package that fails stops no other one, also when one has more versions than a transaction takes', async () => {
  const { db } = database
  await whileFirstFails(async (failing) => {
    // a later test copies versions of this one
    const other = market.package('northwind/module-search')
    const packageId = (await due()).findLast((each) => each !== other && each !== failing) ?? failing
    const versions = db.selectFrom('versions').select('tag').where('package_id', '=', packageId)
    const { tag } = await versions.executeTakeFirstOrThrow()
    await copiesOfAVersion(db, { packageId, tag, count: 41 })
    const onFailure = vi.fn<(packageId: PackageId, error: unknown) => void>()
    const derived = await deriveMissing(db, { onFailure })

    expect(onFailure.mock.calls).toEqual([[failing, expect.objectContaining({ constraint: 'fails' })]])
    expect(await due()).toEqual([failing])
    expect(derived).toBeGreaterThan(41)
    await expect(deriveMissing(db)).rejects.toMatchObject({ constraint: 'fails' })
  })
})

test('the relay logs a package that fails, and tries again after five minutes', async () => {
  const log = { ...aSilentLog, warn: vi.fn<Logger['warn']>(), info: vi.fn<Logger['info']>() }
  const later = vi.spyOn(globalThis, 'setTimeout')
  const again = () => later.mock.calls.find(([, delay]) => delay === 5 * 60_000)?.[0]
  await whileFirstFails(async (packageId) => {
    const relay = startMagentoLines({ db: database.db, log })
    try {
      await vi.waitFor(() => expect(again()).toBeDefined())
      expect(log.warn.mock.calls).toEqual([
        [{ packageId, error: expect.anything() }, expect.stringContaining('could not be derived')],
      ])
      await sql`alter table version_compatibility drop constraint fails`.execute(database.db)
      log.info.mockClear()
      again()?.()
      await vi.waitFor(() => expect(log.info).toHaveBeenCalledOnce())
    } finally {
      await relay.stop()
      later.mockRestore()
    }
    expect(await due()).toEqual([])
    expect(log.warn).toHaveBeenCalledOnce()
  })
})

test('a version that was withdrawn without its lines, as the release before does it, is not found by them', async () => {
  const { db } = database
  const [name, line] = ['northwind/module-stock', '2.4.2']
  const package_id = market.package(name)
  const versions = db.selectFrom('versions').select('id').where('package_id', '=', package_id)
  const { id: version_id } = await versions.orderBy('id').executeTakeFirstOrThrow()
  await db.insertInto('package_magento_lines').values({ package_id, line, version_id }).execute()
  const isFound = async () =>
    (await searchPackages(db, { worksWith: line, limit: 100 })).some((each) => each.name === name)
  const older = async () => (await findPublicPackage(db, name))?.magento.older.map((each) => each.line)

  expect([await isFound(), await older()]).toEqual([true, expect.arrayContaining([line])])
  await db.updateTable('versions').set({ status: 'withdrawn' }).where('id', '=', version_id).execute()

  expect([await isFound(), await older()]).toEqual([false, expect.not.arrayContaining([line])])
})

test('when the newest version of a line was withdrawn without its lines, an older one that works with it is found after a look', async () => {
  const { db } = database
  const name = 'northwind/module-search'
  const package_id = market.package(name)
  await deriveMissing(db)
  const { line, version_id } = await db
    .selectFrom('package_magento_lines')
    .select(['line', 'version_id'])
    .where('package_id', '=', package_id)
    .orderBy('line')
    .executeTakeFirstOrThrow()
  const { tag } = await db
    .selectFrom('versions')
    .select('tag')
    .where('id', '=', version_id)
    .executeTakeFirstOrThrow()
  await copiesOfAVersion(db, { packageId: package_id, tag, count: 1 })
  await deriveMissing(db)
  await db
    .updateTable('versions')
    .set({ status: 'withdrawn' })
    .where('package_id', '=', package_id)
    .where('label', '!=', '0.0.1')
    .execute()
  const isFound = async () =>
    (await searchPackages(db, { worksWith: line, limit: 100 })).some((each) => each.name === name)

  expect(await isFound()).toBe(false)
  await deriveMissing(db)

  expect(await isFound()).toBe(true)
})
