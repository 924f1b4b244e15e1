import { sql } from 'kysely'
import type { PackageId, ProjectId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { Until } from './entitlements.ts'

/** The zip of a version, and the access of one project to it. */
export interface ZipOfProject {
  packageId: PackageId
  /** The name of the package. */
  name: string
  tag: string
  releasedAt: Date
  /** The reason when an operator blocked the version as malware. */
  blockedBecause: string | undefined
  sha256: string
  /** The releases of the package that the project may install. Undefined: not licensed. */
  until: Until | undefined
}

/**
 * Finds a zip by the package's name, the version's label and the first 16 hexadecimal digits of its SHA-256. Also
 * finds withdrawn and blocked versions. Uses one statement, because each installation runs it for each package. The
 * lateral join reads only the entitlement of this package.
 */
export async function zipOfProject(
  db: Db,
  { project, name, label, hash }: { project: ProjectId; name: string; label: string; hash: string },
): Promise<ZipOfProject | undefined> {
  const { rows } = await sql<Row>`
    select p.id, p.name, v.tag, v.released_at, v.blocked_because, v.zip_sha256,
           e.until is not null as licensed, nullif(e.until, 'infinity') as until
      from packages p
      join versions v on v.package_id = p.id and v.label = ${label}
      left join lateral (select e.until from entitlements e
                          where e.project_id = ${project} and e.package_id = p.id offset 0) e on true
     where p.name = ${name}`.execute(db)
  const [row] = rows
  if (!row?.zip_sha256?.startsWith(hash)) return undefined
  return {
    packageId: row.id,
    name: row.name,
    tag: row.tag,
    releasedAt: row.released_at,
    blockedBecause: row.blocked_because ?? undefined,
    sha256: row.zip_sha256,
    until: row.licensed ? (row.until ?? 'always') : undefined,
  }
}

interface Row {
  id: PackageId
  name: string
  tag: string
  released_at: Date
  blocked_because: string | null
  zip_sha256: string | null
  licensed: boolean
  until: Date | null
}
