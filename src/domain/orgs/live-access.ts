import type { CustomerId, OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { assertMay, type OrgAccess, type Permission } from './access.ts'
import { type Access, assertMayUse, type Need, orgIdOf } from './guest-access.ts'
import { accessTo } from './guest-store.ts'
import { lockOrg, orgForCustomer } from './org-store.ts'

/**
 * Locks the org, and then reads the role of a member again: whoever takes a role locks the org, too, and may have done it
 * since the request was let in. Call it first in the transaction of each change. Refuses `org_not_found` for somebody who
 * is no member any more, and `not_allowed`.
 */
export async function lockForMember(
  tx: Db,
  { caller, org }: { caller: { customer: CustomerId }; org: { id: OrgId } },
  permission: Permission,
): Promise<OrgAccess> {
  await lockOrg(tx, org.id)
  const access = await orgForCustomer(tx, caller.customer, org.id)
  assertMay(access, permission)
  return access
}

/** As `lockForMember`, for a caller who may be a guest. Check the project with the access that it returns. */
export async function lockForCaller(
  tx: Db,
  { caller, org }: { caller: { customer: CustomerId }; org: Access },
  need: Need,
): Promise<Access> {
  await lockOrg(tx, orgIdOf(org))
  const access = await accessTo(tx, caller.customer, orgIdOf(org))
  assertMayUse(access, need)
  return access
}
