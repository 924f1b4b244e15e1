import type { OrgId, VendorId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

export interface ListedVendor {
  id: VendorId
  /** The Composer namespace. */
  slug: string
  name: string
  /** `applied`: waits for the platform's approval. */
  status: 'applied' | 'approved' | 'suspended'
  /** Whether its paid packages can be bought now. */
  isPayable: boolean
  appliedAt: Date
  approvedAt: Date | undefined
}

/** The vendors of an org, oldest first. An org has few vendors, so the list has no pages. */
export async function listVendors(db: Db, org: OrgId): Promise<ListedVendor[]> {
  const rows = await db
    .selectFrom('vendors')
    .select(['id', 'slug', 'name', 'created_at', 'approved_at', 'payable_since', 'suspended_at'])
    .where('org_id', '=', org)
    .orderBy('id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    slug: row.slug,
    name: row.name,
    status: row.suspended_at ? 'suspended' : row.approved_at ? 'approved' : 'applied',
    isPayable: row.payable_since !== null,
    appliedAt: row.created_at,
    approvedAt: row.approved_at ?? undefined,
  }))
}
