import { sql } from 'kysely'
import type { PackageId } from '#kernel/ids'
import { RELEASES_REVISION } from '#kernel/magento'
import type { Db } from '../../../platform/database.ts'
import { inTransaction } from '../../../platform/transactions.ts'
import type { Manifest } from '../manifest/subject.ts'
import { refreshMagentoLines, storeCompatibility } from './store.ts'

/** Each manifest has at most 1 MiB. */
const AT_ONCE = 20

interface Deriving {
  isStopped: () => boolean
  /** Is told what went wrong with a package, and the next package is read. Without it the first failure is thrown. */
  onFailure: (packageId: PackageId, error: unknown) => void
}

/**
 * Derives what versions say about Magento, where it is missing or was derived by an older table of releases. Rows of a
 * newer table stay. Then derives again the lines of each package that has a line with a version not on offer. Returns the
 * number of derived versions. One transaction for 20 versions of a package, so it may be stopped anywhere.
 */
export async function deriveMissing(
  db: Db,
  { isStopped = () => false, onFailure = rethrow }: Partial<Deriving> = {},
): Promise<number> {
  let derived = 0
  let packageId = await nextPackage(db, '')
  while (packageId !== undefined && !isStopped()) {
    const some = await deriveSome(db, packageId).catch((error: unknown) => {
      onFailure(packageId as PackageId, error)
      return 0
    })
    derived += some
    if (some < AT_ONCE) packageId = await nextPackage(db, packageId)
  }
  for (const each of await packagesToRefresh(db)) {
    if (isStopped()) break
    await deriveSome(db, each).catch((error: unknown) => onFailure(each, error))
  }
  return derived
}

function rethrow(_: PackageId, error: unknown): never {
  throw error
}

const isDue = sql<boolean>`coalesce(c.derived_by, 0) < ${sql.lit(RELEASES_REVISION)}`

/** The next package with such a version. */
async function nextPackage(db: Db, after: PackageId | ''): Promise<PackageId | undefined> {
  const row = await db
    .selectFrom('packages as p')
    .select('p.id')
    .where(sql<boolean>`p.id > ${after}`)
    .where((where) =>
      where.exists(
        where
          .selectFrom('versions as v')
          .leftJoin('version_compatibility as c', 'c.version_id', 'v.id')
          .select('v.id')
          .whereRef('v.package_id', '=', 'p.id')
          .where(isDue),
      ),
    )
    .orderBy('p.id')
    .limit(1)
    .executeTakeFirst()
  return row?.id
}

/**
 * An api of the release before withdraws a version and leaves its lines, although an older version may work with them. One
 * statement, which reads `versions` once.
 */
async function packagesToRefresh(db: Db): Promise<PackageId[]> {
  const rows = await db
    .selectFrom('package_magento_lines as m')
    .innerJoin('versions as v', 'v.id', 'm.version_id')
    .select('m.package_id')
    .distinct()
    .where('v.status', '!=', 'available')
    .orderBy('m.package_id')
    .execute()
  return rows.map(({ package_id }) => package_id)
}

async function deriveSome(db: Db, packageId: PackageId): Promise<number> {
  return inTransaction(db, async (tx) => {
    // as a publication does, so that two at once do not write the lines of one package
    await tx.selectFrom('packages').select('id').where('id', '=', packageId).forNoKeyUpdate().execute()
    const due = await tx
      .selectFrom('versions as v')
      .leftJoin('version_compatibility as c', 'c.version_id', 'v.id')
      .select(['v.id', 'v.manifest'])
      .where('v.package_id', '=', packageId)
      .where(isDue)
      .orderBy('v.id')
      .limit(AT_ONCE)
      .execute()
    await storeCompatibility(
      tx,
      due.map(({ id, manifest }) => ({ id, manifest: manifest as Manifest })),
    )
    await refreshMagentoLines(tx, packageId)
    return due.length
  })
}
