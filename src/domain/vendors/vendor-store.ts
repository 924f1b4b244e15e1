import type { CustomerId, OrgId, VendorId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

export interface NewVendor {
  id: VendorId
  orgId: OrgId
  /** The Composer namespace. */
  slug: string
  name: string
  /** The next three fields come from the application. A vendor that never applied has none of them. */
  website?: string | undefined
  termsVersion?: string | undefined
  appliedBy?: CustomerId | undefined
  at: Date
  approvedAt?: Date | undefined
  /** When it could be paid for the first time. */
  payableSince?: Date | undefined
  stripeAccountId?: string | undefined
}

export async function addVendor(db: Db, vendor: NewVendor): Promise<void> {
  await db
    .insertInto('vendors')
    .values({
      id: vendor.id,
      org_id: vendor.orgId,
      slug: vendor.slug,
      name: vendor.name,
      stripe_account_id: vendor.stripeAccountId ?? null,
      website: vendor.website ?? null,
      terms_version: vendor.termsVersion ?? null,
      applied_by: vendor.appliedBy ?? null,
      created_at: vendor.at,
      approved_at: vendor.approvedAt ?? null,
      payable_since: vendor.payableSince ?? null,
    })
    .execute()
}

/** Locks the vendor, so that only one action at a time changes what its packages cover. */
export async function lockVendor(tx: Db, id: VendorId): Promise<void> {
  await tx.selectFrom('vendors').select('id').where('id', '=', id).forNoKeyUpdate().executeTakeFirstOrThrow()
}

/** Whether a vendor may neither sell nor publish for now. */
export async function isSuspended(db: Db, id: VendorId): Promise<boolean> {
  const { suspended_at } = await db
    .selectFrom('vendors')
    .select('suspended_at')
    .where('id', '=', id)
    .executeTakeFirstOrThrow()
  return suspended_at !== null
}

/** Returns which of these slugs belong to an approved vendor. Before the approval a slug may still change. */
export async function approvedVendors(db: Db, slugs: readonly string[]): Promise<string[]> {
  const rows = await db
    .selectFrom('vendors')
    .select('slug')
    .where('slug', 'in', slugs.length ? slugs : [''])
    .where('approved_at', 'is not', null)
    .execute()
  return rows.map(({ slug }) => slug)
}

/** The slugs of all approved vendors, in order. */
export async function approvedVendorSlugs(db: Db): Promise<string[]> {
  const rows = await db
    .selectFrom('vendors')
    .select('slug')
    .where('approved_at', 'is not', null)
    .orderBy('slug')
    .execute()
  return rows.map(({ slug }) => slug)
}
