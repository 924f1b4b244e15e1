import type { OrgId, PackageId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

export interface PublishedPackage {
  id: PackageId
  name: string
}

/**
 * The packages of an org that follow repositories of a host, by the host's id of the repository. Reads the packages of
 * the org by the index of vendors and the hook of each by `package_hooks_one_per_package`.
 */
export async function publishedFrom(
  db: Db,
  { org, host, repositories }: { org: OrgId; host: string; repositories: readonly string[] },
): Promise<ReadonlyMap<string, PublishedPackage[]>> {
  if (!repositories.length) return new Map()
  const rows = await db
    .selectFrom('package_hooks as h')
    .innerJoin('packages as p', 'p.id', 'h.package_id')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select(['h.repository_id', 'p.id', 'p.name'])
    .where('v.org_id', '=', org)
    .where('h.host', '=', host)
    .where('h.repository_id', 'in', repositories)
    .where('h.removed_at', 'is', null)
    .orderBy('p.name')
    .execute()
  return Map.groupBy(rows, ({ repository_id: repository }) => repository)
}
