import type { CustomerId, OrgId, PackageId, VersionId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { touchPackage } from '#domain/catalogue'
import { assertOperator } from '#domain/identity'
import { appendToLog } from '#domain/transparency'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { VersionNotFound } from './errors.ts'
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
    const { id, packageId, org, isBlocked } = await lockVersion(tx, block)
    if (isBlocked) return { id, fresh: false }
    await tx
      .updateTable('versions')
      .set({ status: 'blocked', blocked_because: reason })
      .where('id', '=', id)
      .execute()
    await touchPackage(tx, packageId)
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

interface LockedVersion {
  id: VersionId
  packageId: PackageId
  /** The vendor's org. */
  org: OrgId
  isBlocked: boolean
}

async function lockVersion(tx: Db, { package: name, version }: Block): Promise<LockedVersion> {
  const row = await tx
    .selectFrom('versions as v')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .innerJoin('vendors as n', 'n.id', 'p.vendor_id')
    .select(['v.id', 'v.package_id', 'v.status', 'n.org_id'])
    .where('p.name', '=', name)
    .where('v.label', '=', version)
    .forUpdate('v')
    .executeTakeFirst()
  if (!row) throw new VersionNotFound(name, version)
  return { id: row.id, packageId: row.package_id, org: row.org_id, isBlocked: row.status === 'blocked' }
}
