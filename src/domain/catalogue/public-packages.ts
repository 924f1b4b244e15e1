import type { PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { type Price, pricesOf } from './package-store.ts'

/** A package as everybody may see it. */
export interface ListedPackage {
  id: PackageId
  name: string
  type: string
  title: string
  /** The vendor's own words. */
  summary: string
  vendor: { slug: string; name: string }
  /** Label of the newest stable version. */
  latestVersion: string | undefined
  prices: Price[]
}

export interface PackageSearch {
  /** Words that all have to occur in name, title or summary. */
  text?: string | undefined
  vendor?: string | undefined
  type?: string | undefined
  limit: number
  /** A name: the page begins behind it. */
  after?: string | undefined
}

/** Public packages by name: of approved vendors, neither hidden nor withdrawn. */
export async function searchPackages(db: Db, search: PackageSearch): Promise<ListedPackage[]> {
  const words = (search.text ?? '').toLowerCase().split(/\s+/).filter(Boolean).slice(0, 10)
  let query = publicPackages(db).orderBy('p.name').limit(search.limit)
  for (const word of words) {
    const pattern = `%${word.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
    query = query.where((where) =>
      where.or([
        where('p.name', 'ilike', pattern),
        where('p.title', 'ilike', pattern),
        where('p.summary', 'ilike', pattern),
      ]),
    )
  }
  if (search.vendor !== undefined) query = query.where('v.slug', '=', search.vendor)
  if (search.type !== undefined) query = query.where('p.type', '=', search.type)
  if (search.after !== undefined) query = query.where('p.name', '>', search.after)
  return listed(db, await query.execute())
}

export interface PublicVersion {
  label: string
  tag: string
  stability: string
  releasedAt: Date
  require: Record<string, string>
}

export interface PublicPackage extends ListedPackage {
  /** Newest release first. */
  versions: PublicVersion[]
  /** Of the newest version; the vendor's own words. */
  readme: string | undefined
}

/** One public package with its versions; nothing for a name that is unknown, hidden or withdrawn. */
export async function findPublicPackage(db: Db, name: string): Promise<PublicPackage | undefined> {
  const [found] = await listed(db, await publicPackages(db).where('p.name', '=', name).execute())
  if (!found) return undefined
  const versions = await db
    .selectFrom('versions')
    .select(['label', 'tag', 'stability', 'released_at', 'manifest', 'readme'])
    .where('package_id', '=', found.id)
    .where('status', '=', 'available')
    .orderBy('released_at', 'desc')
    .orderBy('id', 'desc')
    .execute()
  return {
    ...found,
    readme: versions[0]?.readme ?? undefined,
    versions: versions.map((version) => ({
      label: version.label,
      tag: version.tag,
      stability: version.stability,
      releasedAt: version.released_at,
      require: (version.manifest as { require?: Record<string, string> }).require ?? {},
    })),
  }
}

function publicPackages(db: Db) {
  return db
    .selectFrom('packages as p')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select(['p.id', 'p.name', 'p.type', 'p.title', 'p.summary', 'v.slug', 'v.name as vendor_name'])
    .select((of) =>
      of
        .selectFrom('versions as r')
        .select('r.label')
        .whereRef('r.package_id', '=', 'p.id')
        .where('r.status', '=', 'available')
        .where('r.stability', '=', 'stable')
        .orderBy('r.released_at', 'desc')
        .limit(1)
        .as('latest'),
    )
    .where('v.approved_at', 'is not', null)
    .where('v.suspended_at', 'is', null)
    .where('p.hidden_at', 'is', null)
    .where('p.withdrawn_at', 'is', null)
}

async function listed(
  db: Db,
  rows: Awaited<ReturnType<ReturnType<typeof publicPackages>['execute']>>,
): Promise<ListedPackage[]> {
  const prices = await pricesOf(
    db,
    rows.map(({ id }) => id),
  )
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    type: row.type,
    title: row.title,
    summary: row.summary,
    vendor: { slug: row.slug, name: row.vendor_name },
    latestVersion: row.latest ?? undefined,
    prices: prices.get(row.id) ?? [],
  }))
}
