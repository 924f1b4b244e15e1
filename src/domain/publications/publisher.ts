import { sql } from 'kysely'
import type { ConnectionId, CustomerId, OrgId, VendorId } from '#kernel/ids'
import { assertMay, orgForCustomer, type OrgAccess, type Permission } from '#domain/orgs'
import { listVendors } from '#domain/vendors'
import type { Db } from '../../platform/database.ts'
import {
  OrgHasNoVendor,
  PublishingConnectionIsGone,
  VendorHasToBeNamed,
  VendorIsNotApproved,
  VendorIsNotOfThisOrg,
} from './errors.ts'

export interface PublishingCaller {
  orgId: OrgId
  askedBy: CustomerId
  connectionId?: ConnectionId | undefined
}

/** Reads the role, the person and the connection again, because a story may have waited for days. Refuses `not_allowed`. */
export const assertMayStillPublish = (db: Db, caller: PublishingCaller): Promise<OrgAccess> =>
  assertMayStill(db, caller, 'publish')

/** As `assertMayStillPublish`, for another permission of the vendor side. Call it after a lock was waited for. */
export async function assertMayStill(
  db: Db,
  { orgId, askedBy, connectionId }: PublishingCaller,
  permission: Permission,
): Promise<OrgAccess> {
  const org = await orgForCustomer(db, askedBy, orgId)
  assertMay(org, permission)
  const { isAllowed } = await db
    .selectFrom('customers as u')
    .leftJoin('connections as c', (on) => on.on('c.id', '=', connectionId ?? null))
    .select(
      sql<boolean>`u.disabled_at is null and (${connectionId ?? null}::text is null
        or (c.revoked_at is null and c.scopes @> array['publish']))`.as('isAllowed'),
    )
    .where('u.id', '=', askedBy)
    .executeTakeFirstOrThrow()
  if (!isAllowed) throw new PublishingConnectionIsGone()
  return org
}

/**
 * The vendor of an org that publishes: the named one, or the only one. Refuses `no_vendor`, `vendor_not_named`,
 * `vendor_not_of_org` and `vendor_not_approved`.
 */
export async function publishingVendor(
  db: Db,
  { org, slug }: { org: OrgId; slug?: string | undefined },
): Promise<{ id: VendorId; slug: string }> {
  const vendors = await listVendors(db, org)
  if (!vendors.length) throw new OrgHasNoVendor()
  const slugs = vendors.map((each) => each.slug)
  if (slug === undefined && vendors.length > 1) throw new VendorHasToBeNamed(slugs)
  const found = slug === undefined ? vendors[0] : vendors.find((each) => each.slug === slug)
  if (!found) throw new VendorIsNotOfThisOrg(slugs)
  if (found.status !== 'approved') throw new VendorIsNotApproved(found.slug)
  return found
}
