import type { CustomerId, VersionId } from '#kernel/ids'
import { audit, by as actor } from '#domain/audit'
import { touchPackage } from '#domain/catalogue'
import { assertOperator } from '#domain/identity'
import { assertMay, type Caller, lockForMember, type OrgAccess } from '#domain/orgs'
import { appendToLog } from '#domain/transparency'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { refreshMagentoLines } from './compatibility/store.ts'
import { lockVersion } from './lock-version.ts'
import { shownText } from './shown-text.ts'

export interface Withdrawal {
  /** A member of the vendor's org, or an operator. */
  by: { caller: Caller; org: OrgAccess } | { operator: CustomerId }
  /** Composer name. */
  package: string
  /** The tag without `v`. */
  version: string
  /** Public: one line of at most 100 characters. */
  reason: string
}

/**
 * Takes a version out of the metadata, at once and for good. Unlike a blocked version it is not called malware, and its
 * zip is still served, because lock files name it. Audited with its reason in the vendor's org. A second call changes
 * nothing, and neither does a call for a blocked version. Refuses `not_allowed`, `not_an_operator`,
 * `version_not_found` (also for another vendor's package), `reason_invalid`.
 */
export async function withdrawVersion(
  db: Db,
  withdrawal: Withdrawal,
): Promise<{ id: VersionId; fresh: boolean }> {
  const { by, package: name, version } = withdrawal
  if ('org' in by) assertMay(by.org, 'publish')
  const reason = shownText('reason', withdrawal.reason, 100)
  return inTransaction(db, async (tx) => {
    if ('operator' in by) await assertOperator(tx, by.operator)
    else await lockForMember(tx, by, 'publish')
    const vendorOf = 'org' in by ? by.org.id : undefined
    const { id, packageId, org, status } = await lockVersion(tx, { package: name, version, vendorOf })
    if (status !== 'available') return { id, fresh: false }
    await tx
      .updateTable('versions')
      .set({ status: 'withdrawn', withdrawn_because: reason })
      .where('id', '=', id)
      .execute()
    await touchPackage(tx, packageId)
    await refreshMagentoLines(tx, packageId)
    await appendToLog(tx, { kind: 'version_withdrawn', version: id, reason })
    await audit(tx, {
      chain: `org:${org}`,
      action: 'withdraw_version',
      outcome: 'done',
      ...('caller' in by ? actor(by.caller) : { customer: by.operator }),
      org,
      object: id,
      detail: { package: packageId, reason },
    })
    return { id, fresh: true }
  })
}
