import { compare } from '#kernel/composer-version/compare'
import type { PackageId, VersionId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { CheckStatus } from '../../platform/tables.ts'
import { CHECK_NAMES } from './checks/check.ts'
import { VersionNotFound } from './errors.ts'

export interface StoredCheck {
  name: string
  status: CheckStatus
  message: string
  checkedAt: Date
}

/** The checks of a version in a fixed order. Versions that were published without Git have none. */
export async function checksOf(db: Db, version: VersionId): Promise<StoredCheck[]> {
  const rows = await db
    .selectFrom('version_checks')
    .select(['name', 'status', 'message', 'checked_at as checkedAt'])
    .where('version_id', '=', version)
    .execute()
  const place = (name: string) => CHECK_NAMES.findIndex((each) => each === name)
  return rows.sort((a, b) => place(a.name) - place(b.name))
}

/** The checks of a version by its label; default: the newest one. Refuses `version_not_found`. */
export async function checksOfVersion(
  db: Db,
  { packageId, name, version }: { packageId: PackageId; name: string; version?: string | undefined },
): Promise<{ label: string; commit: string; checks: StoredCheck[] }> {
  const rows = await db
    .selectFrom('versions')
    .select(['id', 'label', 'version_normalized as normalized', 'commit_sha as commit'])
    .where('package_id', '=', packageId)
    .$if(version !== undefined, (query) => query.where('label', '=', version ?? ''))
    .execute()
  const [newest] = rows.sort((a, b) => compare(b.normalized, a.normalized))
  if (!newest) throw new VersionNotFound(name, version ?? '')
  return { label: newest.label, commit: newest.commit, checks: await checksOf(db, newest.id) }
}
