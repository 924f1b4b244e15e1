import { sql } from 'kysely'
import type { PackageId, VendorId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** A package as its vendor sees it at a glance. */
export interface VendorPackage {
  id: PackageId
  name: string
  isHidden: boolean
  isWithdrawn: boolean
  /** Those that buyers can install. */
  versions: number
  /** How many checks of these versions fail. */
  failingChecks: number
  /** When its tags were last looked at. Undefined before the first look, and without a repository. */
  lastSyncAt: Date | undefined
  /** Why the last look failed. */
  syncError: { code: string; message: string } | undefined
}

/**
 * At most `limit` packages of some vendors, and how many they have. Those whose last look failed come first, then the
 * newest. One statement. Uses the index `packages_by_vendor` and the keys of `versions` and `version_checks`.
 */
export async function packagesOfVendors(
  db: Db,
  { vendors, limit }: { vendors: readonly VendorId[]; limit: number },
): Promise<{ packages: VendorPackage[]; count: number }> {
  if (!vendors.length) return { packages: [], count: 0 }
  const rows = await db
    .selectFrom('packages as p')
    .leftJoin('package_syncs as s', 's.package_id', 'p.id')
    .select(['p.id', 'p.name', 'p.hidden_at', 'p.withdrawn_at', 's.ended_at', 's.error'])
    .select((of) => [
      sql<number>`count(*) over ()`.as('all'),
      of
        .selectFrom('versions as r')
        .select((count) => count.fn.countAll<number>().as('n'))
        .whereRef('r.package_id', '=', 'p.id')
        .where('r.status', '=', 'available')
        .as('versions'),
      of
        .selectFrom('versions as r')
        .innerJoin('version_checks as k', 'k.version_id', 'r.id')
        .select((count) => count.fn.countAll<number>().as('n'))
        .whereRef('r.package_id', '=', 'p.id')
        .where('r.status', '=', 'available')
        .where('k.status', '=', 'fail')
        .as('failing'),
    ])
    .where('p.vendor_id', 'in', vendors)
    .orderBy(sql`s.error is not null`, 'desc')
    .orderBy('p.id', 'desc')
    .limit(limit)
    .execute()
  const packages = rows.map((row) => ({
    id: row.id,
    name: row.name,
    isHidden: row.hidden_at !== null,
    isWithdrawn: row.withdrawn_at !== null,
    versions: row.versions ?? 0,
    failingChecks: row.failing ?? 0,
    lastSyncAt: row.ended_at ?? undefined,
    syncError: (row.error as unknown as VendorPackage['syncError'] | null) ?? undefined,
  }))
  return { packages, count: rows[0]?.all ?? 0 }
}
