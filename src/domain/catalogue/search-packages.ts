import { compare } from '#kernel/composer-version/index'
import type { PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { type Price, pricesOf } from './price-store.ts'

/** A package as anybody may see it. */
export interface ListedPackage {
  id: PackageId
  name: string
  type: string
  title: string
  summary: string
  vendor: { slug: string; name: string }
  /** Label of the newest stable version, else of the newest one. */
  latestVersion?: string | undefined
  prices: Price[]
}

export interface PackageSearch {
  /** Each word has to be in name, title or summary. */
  text?: string | undefined
  /** Slug. */
  vendor?: string | undefined
  type?: string | undefined
  limit: number
  /** Names after this one. */
  after?: string | undefined
}

/** What the shop offers, by name: of approved vendors, neither hidden nor withdrawn. */
export async function searchPackages(db: Db, search: PackageSearch): Promise<ListedPackage[]> {
  const { text, vendor, type, limit, after } = search
  let query = publicPackages(db).orderBy('p.name').limit(limit)
  if (vendor !== undefined) query = query.where('v.slug', '=', vendor)
  if (type !== undefined) query = query.where('p.type', '=', type)
  if (after !== undefined) query = query.where('p.name', '>', after)
  for (const word of (text ?? '').split(/\s+/).filter(Boolean)) {
    const like = `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`
    query = query.where((where) =>
      where.or([
        where('p.name', 'ilike', like),
        where('p.title', 'ilike', like),
        where('p.summary', 'ilike', like),
      ]),
    )
  }
  return listed(db, await query.execute())
}

export function publicPackages(db: Db) {
  return db
    .selectFrom('packages as p')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select(['p.id', 'p.name', 'p.type', 'p.title', 'p.summary', 'v.slug', 'v.name as vendor_name'])
    .where('v.approved_at', 'is not', null)
    .where('v.suspended_at', 'is', null)
    .where('p.hidden_at', 'is', null)
    .where('p.withdrawn_at', 'is', null)
}

type PublicRow = Awaited<ReturnType<ReturnType<typeof publicPackages>['execute']>>[number]

export async function listed(db: Db, rows: readonly PublicRow[]): Promise<ListedPackage[]> {
  const ids = rows.map(({ id }) => id)
  const prices = await pricesOf(db, ids)
  const latest = await latestVersions(db, ids)
  return rows.map(({ slug, vendor_name, ...row }) => ({
    ...row,
    vendor: { slug, name: vendor_name },
    latestVersion: latest.get(row.id),
    prices: prices.get(row.id) ?? [],
  }))
}

/** Served by `versions_package_id_version_normalized_key`. */
async function latestVersions(db: Db, packages: readonly PackageId[]): Promise<Map<PackageId, string>> {
  if (!packages.length) return new Map()
  const rows = await db
    .selectFrom('versions')
    .select(['package_id', 'label', 'stability', 'version_normalized'])
    .where('package_id', 'in', packages)
    .where('status', '=', 'available')
    .execute()
  const stableLast = (stability: string) => (stability === 'stable' ? 1 : 0)
  rows.sort(
    (a, b) =>
      stableLast(a.stability) - stableLast(b.stability) ||
      compare(a.version_normalized, b.version_normalized),
  )
  return new Map(rows.map(({ package_id, label }) => [package_id, label]))
}
