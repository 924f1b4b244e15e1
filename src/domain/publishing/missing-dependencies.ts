import { sql } from 'kysely'
import { compare } from '#kernel/composer-version/compare'
import type { OrgId, PackageId, VendorId, VersionId } from '#kernel/ids'
import { packageName } from '#kernel/schemas'
import { approvedVendors } from '#domain/vendors'
import type { Db } from '../../platform/database.ts'
import { isLink, isPlatform } from './manifest/links.ts'

/** What the newest version of a package requires and nobody serves. */
export interface MissingDependency {
  packageId: PackageId
  vendorId: VendorId
  /** The package that requires it, and its version without `v`. */
  package: string
  version: string
  /** The required name, in lower case. */
  name: string
  constraint: string
  /** `no_package`: this market has no such package for the buyers. `no_version`: it has no version. */
  reason: 'no_package' | 'no_version'
}

/** Whose packages are looked at. */
export type MissingOf = { org: OrgId } | { package: PackageId } | { vendor: VendorId }

type VersionsOf = MissingOf | { packages: readonly PackageId[] }

/**
 * What the newest stable version of each package requires and nobody serves, ordered by package and name. Only a name in the
 * namespace of an approved vendor is judged: this market alone serves those. Other repositories serve all other names, so
 * nothing is known about them (docs/decisions/0029).
 */
export async function missingDependencies(db: Db, of: MissingOf): Promise<MissingDependency[]> {
  const required = await requiredByNewest(db, of)
  const slugs = [...new Set(required.map(({ name }) => slugOf(name)))]
  const ours = new Set(slugs.length ? await approvedVendors(db, slugs) : [])
  const judged = required.filter(({ name }) => ours.has(slugOf(name)))
  return withoutReplaced(db, await withoutServed(db, judged))
}

const slugOf = (name: string): string => name.split('/')[0] ?? ''

/** What the newest stable versions of these packages require, ordered by package and name. */
export async function requirementsOfNewest(
  db: Db,
  packages: readonly PackageId[],
): Promise<Array<{ package: string; name: string }>> {
  if (!packages.length) return []
  return requiredByNewest(db, { packages })
}

/** How many manifests are in memory at once. Each may have half a megabyte. */
const AT_ONCE = 20

async function requiredByNewest(db: Db, of: VersionsOf): Promise<Required[]> {
  const newest = await newestVersions(db, of)
  const required: Required[] = []
  for (let from = 0; from < newest.length; from += AT_ONCE)
    required.push(...(await manifestsOf(db, newest.slice(from, from + AT_ONCE))).flatMap(requirementsOf))
  return required
}

/** In the order of the names of their packages. */
async function newestVersions(db: Db, of: VersionsOf): Promise<VersionId[]> {
  const rows = await db
    .selectFrom('versions as v')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .innerJoin('vendors as n', 'n.id', 'p.vendor_id')
    .select(['v.id', 'v.package_id', 'p.name', 'v.version_normalized', 'v.stability'])
    .where('v.status', '=', 'available')
    .$if('org' in of, (query) => query.where('n.org_id', '=', 'org' in of ? of.org : 'org_'))
    .$if('package' in of, (query) => query.where('p.id', '=', 'package' in of ? of.package : 'pkg_'))
    .$if('packages' in of, (query) => query.where('p.id', 'in', 'packages' in of ? of.packages : ['pkg_']))
    .$if('vendor' in of, (query) => query.where('n.id', '=', 'vendor' in of ? of.vendor : 'ven_'))
    .execute()
  const unstable = ({ stability }: { stability: string }) => Number(stability !== 'stable')
  rows.sort((a, b) => unstable(a) - unstable(b) || compare(b.version_normalized, a.version_normalized))
  const newest = [...Map.groupBy(rows, (row) => row.package_id).values()].flatMap(([first]) => first ?? [])
  return newest.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ id }) => id)
}

async function manifestsOf(db: Db, versions: readonly VersionId[]) {
  return db
    .selectFrom('versions as v')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .select(['v.label', 'v.manifest', 'p.id', 'p.name', 'p.vendor_id'])
    .where('v.id', 'in', versions)
    .orderBy('p.name')
    .execute()
}

type Newest = Awaited<ReturnType<typeof manifestsOf>>[number]

/** Leaves out platform packages, and what Composer cannot read. */
function requirementsOf({ label, manifest, id, name, vendor_id }: Newest): Required[] {
  const { require = {} } = manifest as { require?: unknown }
  if (typeof require !== 'object' || require === null || Array.isArray(require)) return []
  const by = { packageId: id, vendorId: vendor_id, package: name, version: label }
  return Object.entries(require)
    .map(([required, constraint]) => [required.toLowerCase(), constraint] as const)
    .flatMap(([required, constraint]) =>
      !isPlatform(required) &&
      required !== name &&
      packageName.safeParse(required).success &&
      typeof constraint === 'string' &&
      isLink(required, constraint)
        ? [{ ...by, name: required, constraint }]
        : [],
    )
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

type Required = Omit<MissingDependency, 'reason'>

interface Served {
  name: string
  vendorId: VendorId
  isKnown: boolean
  hasVersion: boolean
}

/** Leaves out the names of packages that the buyers of the requiring package get. */
async function withoutServed(db: Db, required: readonly Required[]): Promise<MissingDependency[]> {
  const names = [...new Set(required.map(({ name }) => name))]
  if (!names.length) return []
  const { rows } = await sql<Served>`
    select o.name, o.vendor_id as "vendorId", o.is_known as "isKnown",
           exists (select from versions v where v.package_id = o.id and v.status = 'available') as "hasVersion"
      from package_offers o
     where o.name = any(${names}::text[])`.execute(db)
  const served = new Map(rows.map((row) => [row.name, row]))
  return required.flatMap((each) => {
    const found = served.get(each.name)
    // a hidden package comes only with packages of its own vendor
    const isReachable = found && (found.isKnown || found.vendorId === each.vendorId)
    if (isReachable && found.hasVersion) return []
    return [{ ...each, reason: isReachable ? ('no_version' as const) : ('no_package' as const) }]
  })
}

/**
 * Leaves out the names that a package of their namespace replaces or provides, when the buyers of the requiring package get
 * that package. `replaced_names` has those of available versions. A vendor decides how many versions do so: the form of the statement lets Postgres look at them one by one,
 * until one serves the name.
 */
async function withoutReplaced(db: Db, missing: readonly MissingDependency[]): Promise<MissingDependency[]> {
  if (!missing.length) return []
  const { rows } = await sql<{ name: string; vendorId: VendorId }>`
    select w.name, w.vendor_id as "vendorId"
      from (
        select distinct name, vendor_id
          from unnest(${missing.map(({ name }) => name)}::text[],
                      ${missing.map(({ vendorId }) => vendorId)}::text[]) as u (name, vendor_id)) as w
     cross join lateral (
       select from replaced_names r
        where r.name = w.name and (
          select o.vendor_slug = split_part(w.name, '/', 1) and (o.is_known or o.vendor_id = w.vendor_id)
            from versions v
            join package_offers o on o.id = v.package_id
           where v.id = r.version_id)
        limit 1) as found`.execute(db)
  const replaced = new Set(rows.map(({ name, vendorId }) => `${vendorId} ${name}`))
  return missing.filter(({ name, vendorId }) => !replaced.has(`${vendorId} ${name}`))
}
