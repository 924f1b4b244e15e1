import { sql } from 'kysely'
import type { PackageId, VendorId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { PackageCoversTooMany } from './errors.ts'

const DEPTH = 10
const MOST_CHILDREN = 500

/** A parent package that covers a child directly. `since`: the earliest release of the parent that requires it. */
interface Edge {
  parent: PackageId
  child: PackageId
  since: Date
}

/** Recomputes the coverage of a package and of all its ancestors. The caller has to lock the vendor. */
export async function refreshCoverage(
  tx: Db,
  { packageId, vendorId }: { packageId: PackageId; vendorId: VendorId },
): Promise<void> {
  const edges = await edgesWithin(tx, vendorId)
  const byParent = Map.groupBy(edges, ({ parent }) => parent)
  for (const parent of [packageId, ...ancestorsOf(packageId, edges)])
    await storeCoverage(tx, parent, childrenOf(parent, byParent))
}

/**
 * Returns which packages of a vendor directly cover which other packages. A metapackage covers all that it requires. Any
 * other package covers the hidden packages that it requires, because nobody can buy those. A version that was released
 * while such a package was hidden still covers it after it is shown, because buyers got it with that version. Withdrawn
 * versions count, because lock files still install them.
 */
async function edgesWithin(tx: Db, vendor: VendorId): Promise<Edge[]> {
  const { rows } = await sql<Edge>`
    select v.package_id as parent, child.id as child, min(v.released_at) as since
      from versions v
      join packages parent on parent.id = v.package_id
     cross join lateral json_object_keys(
           case json_typeof(v.manifest -> 'require') when 'object' then v.manifest -> 'require' else '{}' end) as required (name)
      join packages child on child.name = lower(required.name) and child.vendor_id = parent.vendor_id and child.id <> parent.id
     where parent.vendor_id = ${vendor}
       and (v.manifest ->> 'type' = 'metapackage' or child.hidden_at is not null or v.released_at <= child.shown_at)
     group by 1, 2`.execute(tx)
  return rows
}

function ancestorsOf(packageId: PackageId, edges: readonly Edge[]): PackageId[] {
  const byChild = Map.groupBy(edges, ({ child }) => child)
  const found = new Set<PackageId>([packageId])
  // the loop also visits elements that are added while it runs
  for (const child of found) for (const { parent } of byChild.get(child) ?? []) found.add(parent)
  found.delete(packageId)
  return [...found]
}

/**
 * All packages that a parent covers, directly or through other packages. The time of a covered package is that of the
 * latest release on the path to it. When several paths lead to a package, the earliest of their times counts.
 */
function childrenOf(parent: PackageId, byParent: Map<PackageId, Edge[]>): Map<PackageId, Date> {
  const children = new Map<PackageId, Date>()
  let newlyReached = new Map<PackageId, Date>([[parent, new Date(0)]])
  for (let depth = 0; depth < DEPTH && newlyReached.size; depth++) {
    const reached = new Map<PackageId, Date>()
    for (const [from, reachedAt] of newlyReached)
      for (const { child, since } of byParent.get(from) ?? []) {
        const at = since > reachedAt ? since : reachedAt
        const before = reached.get(child) ?? children.get(child)
        if (child !== parent && (!before || at < before)) reached.set(child, at)
      }
    for (const [child, at] of reached) children.set(child, at)
    newlyReached = reached
  }
  return children
}

async function storeCoverage(tx: Db, parent: PackageId, children: Map<PackageId, Date>): Promise<void> {
  if (children.size > MOST_CHILDREN) throw new PackageCoversTooMany(await nameOf(tx, parent), MOST_CHILDREN)
  await tx.deleteFrom('package_coverage').where('parent_id', '=', parent).execute()
  const rows = [...children].map(([child, since]) => ({ parent_id: parent, child_id: child, since }))
  await tx
    .insertInto('package_coverage')
    .values([{ parent_id: parent, child_id: parent, since: '-infinity' }, ...rows])
    .execute()
}

async function nameOf(tx: Db, id: PackageId): Promise<string> {
  const { name } = await tx
    .selectFrom('packages')
    .select('name')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return name
}
