import type { NotNull } from 'kysely'
import { compare } from '#kernel/composer-version/compare'
import type { PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { type Price, pricesOf } from './price-store.ts'

/** The public data of a package. */
export interface ListedPackage {
  id: PackageId
  name: string
  type: string
  title: string
  summary: string
  vendor: { slug: string; name: string }
  /** Label of the newest stable version. Without a stable version, the label of the newest version. */
  latestVersion?: string | undefined
  prices: Price[]
}

export interface PackageSearch {
  /** Each word has to occur in the name, title or summary. */
  text?: string | undefined
  /** Slug. */
  vendor?: string | undefined
  type?: string | undefined
  limit: number
  /** Only packages with a name after this one. */
  after?: string | undefined
}

/** The packages that the shop shows, ordered by name. Uses the index `packages_name_key`. */
export async function searchPackages(db: Db, search: PackageSearch): Promise<ListedPackage[]> {
  const { text, vendor, type, limit, after } = search
  let query = publicPackages(db).orderBy('o.name').limit(limit)
  if (vendor !== undefined) query = query.where('o.vendor_slug', '=', vendor)
  if (type !== undefined) query = query.where('o.type', '=', type)
  if (after !== undefined) query = query.where('o.name', '>', after)
  for (const word of (text ?? '').split(/\s+/).filter(Boolean)) {
    const like = `%${word.replaceAll(/[\\%_]/g, '\\$&')}%`
    query = query.where((where) =>
      where.or([
        where('o.name', 'ilike', like),
        where('o.title', 'ilike', like),
        where('o.summary', 'ilike', like),
      ]),
    )
  }
  return listed(db, await query.execute())
}

export function publicPackages(db: Db) {
  return db
    .selectFrom('package_offers as o')
    .select(['o.id', 'o.name', 'o.type', 'o.title', 'o.summary', 'o.vendor_slug', 'o.vendor_name'])
    .where('o.is_public', '=', true)
    .$narrowType<{ id: NotNull; name: NotNull; type: NotNull; title: NotNull; summary: NotNull }>()
    .$narrowType<{ vendor_slug: NotNull; vendor_name: NotNull }>()
}

type PublicRow = Awaited<ReturnType<ReturnType<typeof publicPackages>['execute']>>[number]

export async function listed(db: Db, rows: readonly PublicRow[]): Promise<ListedPackage[]> {
  const ids = rows.map(({ id }) => id)
  const prices = await pricesOf(db, ids)
  const latest = await latestVersions(db, ids)
  return rows.map(({ vendor_slug, vendor_name, ...row }) => ({
    ...row,
    vendor: { slug: vendor_slug, name: vendor_name },
    latestVersion: latest.get(row.id),
    prices: prices.get(row.id) ?? [],
  }))
}

/** Uses the index `versions_package_id_version_normalized_key`. */
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
