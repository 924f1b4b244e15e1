import { type NotNull, sql } from 'kysely'
import { compare } from '#kernel/composer-version/compare'
import type { PackageId, VersionId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import type { Db } from '../../platform/database.ts'
import type { PriceModel } from '../../platform/tables.ts'
import { type MagentoFit, magentoFits, searchedLine } from './magento-fit.ts'
import { type Price, pricesOf } from './price-store.ts'
import { anyOfTheWords } from './search-words.ts'

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
  magento: MagentoFit
  /** Its vendor can be paid, so that what costs money can be bought. */
  isPayable: boolean
}

export interface PackageSearch {
  /** Everyday words. Finds packages with any of them in name, title or summary; those that fit best come first. */
  text?: string | undefined
  /** Slug. */
  vendor?: string | undefined
  type?: string | undefined
  /** Only packages that are sold for it. */
  edition?: Edition | undefined
  /** Only packages with such a price, for `edition` if it is given. */
  model?: PriceModel | undefined
  /** A release of Magento, such as 2.4.6-p3: only packages of which a version on offer works with its line. */
  worksWith?: string | undefined
  limit: number
  /** Only names that contain this; those that begin with it come first, with the rank 1. Without words and `after`. */
  containing?: string | undefined
  /** Only packages after this one. */
  after?: PlaceInSearch | undefined
}

/** Where a package stands in what was found. */
export interface PlaceInSearch {
  name: string
  /** How well it fits the words. 0 without words. */
  rank: number
}

/**
 * The packages that the shop shows. With words, those that fit best come first, by the index `packages_by_words`; else
 * they are ordered by name, by the index `packages_name_key`. Refuses `magento_version_unknown`.
 */
export async function searchPackages(
  db: Db,
  search: PackageSearch,
): Promise<(ListedPackage & PlaceInSearch)[]> {
  const rows = search.text?.trim()
    ? await byRank(db, search, search.text).execute()
    : await byName(db, search)
  const packages = await listed(db, rows)
  return packages.map((each, at) => ({ ...each, rank: rows[at]?.rank ?? 0 }))
}

const byName = (db: Db, search: PackageSearch) =>
  search.containing ? byPartOfName(db, search, search.containing) : afterName(db, search).execute()

const afterName = (db: Db, { after, ...search }: PackageSearch) =>
  ranked(db, search, 0).$if(after !== undefined, (query) => query.where('o.name', '>', after?.name ?? ''))

/** Reads other names only while too few begin like this. */
async function byPartOfName(db: Db, search: PackageSearch, part: string) {
  const beginning = await ranked(db, search, 1)
    .where('o.name', '>=', part)
    .where('o.name', '<', `${part}${LAST_CHARACTER}`)
    .execute()
  const limit = search.limit - beginning.length
  if (limit === 0) return beginning
  const others = await ranked(db, { ...search, limit }, 0)
    .where(sql<boolean>`strpos(o.name, ${part}) > 1`)
    .execute()
  return [...beginning, ...others]
}

const ranked = (db: Db, search: PackageSearch, rank: 0 | 1) =>
  found(db, search).select(sql.lit<number>(rank).as('rank')).orderBy('o.name')

/** Names are ordered by code points, so a name that begins like another is between it and it with this character. */
const LAST_CHARACTER = '\u{10ffff}'

function byRank(db: Db, { after, ...search }: PackageSearch, text: string) {
  const words = sql`to_tsquery('english', ${anyOfTheWords(text)})`
  const rank = sql<number>`(ts_rank(${WEIGHTS}, o.words, ${words}) * 1000000)::int`
  return found(db, search)
    .select(rank.as('rank'))
    .where(sql<boolean>`o.words @@ ${words}`)
    .$if(after !== undefined, (query) =>
      query.where(sql<boolean>`(-${rank}, o.name) > (${-(after?.rank ?? 0)}, ${after?.name ?? ''})`),
    )
    .orderBy('rank', 'desc')
    .orderBy('o.name')
}

/** Of D, C (summary), B and A (name and title). Several words in a summary weigh more than one word in a name. */
const WEIGHTS = sql.lit('{0.1,0.7,0.7,1}')

function found(db: Db, { vendor, type, edition, model, worksWith, limit }: PackageSearch) {
  const line = worksWith === undefined ? undefined : searchedLine(worksWith)
  return publicPackages(db)
    .$if(vendor !== undefined, (query) => query.where('o.vendor_slug', '=', vendor ?? ''))
    .$if(type !== undefined, (query) => query.where('o.type', '=', type ?? ''))
    .$if(edition !== undefined || model !== undefined, (query) =>
      query.where((where) =>
        where.exists(
          where
            .selectFrom('package_prices as c')
            .select('c.package_id')
            .whereRef('c.package_id', '=', 'o.id')
            .$if(edition !== undefined, (prices) => prices.where('c.edition', '=', edition ?? 'open-source'))
            .$if(model !== undefined, (prices) => prices.where('c.model', '=', model ?? 'free')),
        ),
      ),
    )
    .$if(line !== undefined, (query) =>
      query.where((where) =>
        where.exists(
          where
            .selectFrom('package_magento_lines as m')
            // an api of the release before withdraws a version and leaves its lines
            .innerJoin('versions as v', 'v.id', 'm.version_id')
            .select('m.package_id')
            .where('v.status', '=', 'available')
            .whereRef('m.package_id', '=', 'o.id')
            .where('m.line', '=', line ?? ''),
        ),
      ),
    )
    .limit(limit)
}

/** The vendors of the packages that the shop shows, by name. */
export async function vendorsInShop(db: Db, limit: number): Promise<{ slug: string; name: string }[]> {
  return db
    .selectFrom('package_offers as o')
    .select(['o.vendor_slug as slug', 'o.vendor_name as name'])
    .distinct()
    .where('o.is_public', '=', true)
    .orderBy('o.vendor_name')
    .orderBy('o.vendor_slug')
    .limit(limit)
    .$narrowType<{ slug: NotNull; name: NotNull }>()
    .execute()
}

export function publicPackages(db: Db) {
  return db
    .selectFrom('package_offers as o')
    .select(['o.id', 'o.name', 'o.type', 'o.title', 'o.summary', 'o.vendor_slug', 'o.vendor_name'])
    .select('o.vendor_is_payable')
    .where('o.is_public', '=', true)
    .$narrowType<{ id: NotNull; name: NotNull; type: NotNull; title: NotNull; summary: NotNull }>()
    .$narrowType<{ vendor_slug: NotNull; vendor_name: NotNull; vendor_is_payable: NotNull }>()
}

type PublicRow = Awaited<ReturnType<ReturnType<typeof publicPackages>['execute']>>[number]

export async function listed(db: Db, rows: readonly PublicRow[]): Promise<ListedPackage[]> {
  const ids = rows.map(({ id }) => id)
  const prices = await pricesOf(db, ids)
  const latest = await latestVersions(db, ids)
  const fits = await magentoFits(
    db,
    ids.map((id) => ({ id, version: latest.get(id)?.id })),
  )
  return rows.map(({ vendor_slug, vendor_name, vendor_is_payable: isPayable, ...row }) => ({
    ...row,
    isPayable,
    vendor: { slug: vendor_slug, name: vendor_name },
    latestVersion: latest.get(row.id)?.label,
    prices: prices.get(row.id) ?? [],
    magento: fits.get(row.id) ?? SAYS_NOTHING,
  }))
}

const SAYS_NOTHING: MagentoFit = { latest: undefined, older: [], testedWith: [] }

/** Uses the index `versions_package_id_version_normalized_key`. */
async function latestVersions(
  db: Db,
  packages: readonly PackageId[],
): Promise<Map<PackageId, { id: VersionId; label: string }>> {
  if (!packages.length) return new Map()
  const rows = await db
    .selectFrom('versions')
    .select(['id', 'package_id', 'label', 'stability', 'version_normalized'])
    .where('package_id', 'in', packages)
    .where('status', '=', 'available')
    .execute()
  const stableLast = (stability: string) => (stability === 'stable' ? 1 : 0)
  rows.sort(
    (a, b) =>
      stableLast(a.stability) - stableLast(b.stability) ||
      compare(a.version_normalized, b.version_normalized),
  )
  return new Map(rows.map(({ package_id, id, label }) => [package_id, { id, label }]))
}
