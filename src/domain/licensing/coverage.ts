import { sql } from 'kysely'
import type { LicenceId, OrgId, PackageId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import type { Db } from '../../platform/database.ts'
import { isInForce } from './licence.ts'

/** A package whose licence also covers another package. `since`: a licence has to last beyond this release. */
export interface Covering {
  parent: PackageId
  parentName: string
  child: PackageId
  since: Date
}

/** Which of these packages cover which others. A package that covers itself is left out. Ordered by parent. */
export async function coverageBetween(
  db: Db,
  { parents, children }: { parents: readonly PackageId[]; children: readonly PackageId[] },
): Promise<Covering[]> {
  if (!parents.length || !children.length) return []
  return db
    .selectFrom('package_coverage as c')
    .innerJoin('packages as p', 'p.id', 'c.parent_id')
    .select(['c.parent_id as parent', 'p.name as parentName', 'c.child_id as child', 'c.since'])
    .where('c.parent_id', 'in', parents)
    .where('c.child_id', 'in', children)
    .whereRef('c.parent_id', '<>', 'c.child_id')
    .orderBy('p.name')
    .execute()
}

/**
 * The org's oldest licence of another package that covers this one, is in force at `at` and has a free slot. Leaves out
 * packages that a project already has (`except`).
 */
export async function freeSlotCovering(
  db: Db,
  wanted: { org: OrgId; packageId: PackageId; edition: Edition; except: readonly PackageId[]; at: Date },
): Promise<{ licence: LicenceId; name: string } | undefined> {
  return db
    .selectFrom('licences as l')
    .innerJoin('package_coverage as c', 'c.parent_id', 'l.package_id')
    .innerJoin('packages as p', 'p.id', 'l.package_id')
    .select(['l.id as licence', 'p.name'])
    .where('l.org_id', '=', wanted.org)
    .where('c.child_id', '=', wanted.packageId)
    .where('l.package_id', '<>', wanted.packageId)
    .$if(wanted.except.length > 0, (query) => query.where('l.package_id', 'not in', wanted.except))
    .where('l.edition', '=', wanted.edition)
    .where(isInForce(wanted.at))
    .where(sql<boolean>`c.since <= coalesce(l.valid_until, 'infinity')`)
    .where(
      'l.slots',
      '>',
      sql<number>`(select count(*) from activations a where a.licence_id = l.id and a.deactivated_at is null)`,
    )
    .orderBy('l.id')
    .executeTakeFirst()
}
