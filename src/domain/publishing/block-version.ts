import type { CustomerId, VersionId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { touchPackage } from '#domain/catalogue'
import { assertOperator } from '#domain/identity'
import { appendToLog } from '#domain/transparency'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { refreshMagentoLines } from './compatibility/store.ts'
import { lockVersion } from './lock-version.ts'
import { shownText } from './shown-text.ts'

export interface Block {
  operator: CustomerId
  /** Composer name. */
  package: string
  /** The tag without `v`. */
  version: string
  /** Shown to buyers: one line of at most 100 characters. */
  reason: string
}

/**
 * Blocks a version as malware, at once and for ever. The registry no longer serves it, and warns clients that have it.
 * Audited in its vendor's org. A second call keeps the first reason. Refuses `not_an_operator`, `version_not_found`,
 * `reason_invalid`.
 */
export async function blockVersion(db: Db, block: Block): Promise<{ id: VersionId; fresh: boolean }> {
  const reason = shownText('reason', block.reason, 100)
  return inTransaction(db, async (tx) => {
    await assertOperator(tx, block.operator)
    const { id, packageId, org, status } = await lockVersion(tx, block)
    if (status === 'blocked') return { id, fresh: false }
    await tx
      .updateTable('versions')
      .set({ status: 'blocked', blocked_because: reason })
      .where('id', '=', id)
      .execute()
    await touchPackage(tx, packageId)
    await refreshMagentoLines(tx, packageId)
    await appendToLog(tx, { kind: 'version_blocked', version: id, reason })
    await audit(tx, {
      chain: `org:${org}`,
      action: 'block_version',
      outcome: 'done',
      customer: block.operator,
      org,
      object: id,
      detail: { package: packageId },
    })
    return { id, fresh: true }
  })
}
