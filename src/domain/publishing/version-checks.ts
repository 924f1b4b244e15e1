import type { VersionId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { CheckStatus } from '../../platform/tables.ts'
import { CHECK_NAMES } from './checks/check.ts'

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
