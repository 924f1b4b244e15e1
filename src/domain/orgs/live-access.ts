import { sql } from 'kysely'
import type { ConnectionId, CustomerId, OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { assertMay, type OrgAccess } from './access.ts'
import type { Permission } from './permissions.ts'
import { type Access, assertMayUse, type Need, orgIdOf } from './guest-access.ts'
import { OrgNotFound } from './errors.ts'
import { guestAccess } from './guest-store.ts'
import { lockOrg } from './org-store.ts'

interface LiveCaller {
  customer: CustomerId
  connection?: ConnectionId | undefined
}

/**
 * Locks the org, and then reads the role of a member again: whoever takes a role locks the org, too, and may have done it
 * since the request was let in. Call it first in the transaction of each change. Refuses `org_not_found` for somebody who
 * is no member any more, whose account is disabled, or whose connection has ended, and `not_allowed`.
 */
export async function lockForMember(
  tx: Db,
  { caller, org }: { caller: LiveCaller; org: { id: OrgId } },
  permission: Permission,
): Promise<OrgAccess> {
  await lockOrg(tx, org.id)
  const access = (await membershipOf(tx, caller, org.id)).member
  if (!access) throw new OrgNotFound(org.id)
  assertMay(access, permission)
  return access
}

/** As `lockForMember`, for a caller who may be a guest. Check the project with the access that it returns. */
export async function lockForCaller(
  tx: Db,
  { caller, org }: { caller: LiveCaller; org: Access },
  need: Need,
): Promise<Access> {
  const id = orgIdOf(org)
  await lockOrg(tx, id)
  const { isLive, member } = await membershipOf(tx, caller, id)
  const access = member ?? (isLive ? await guestAccess(tx, caller.customer, id) : undefined)
  if (!access) throw new OrgNotFound(id)
  assertMayUse(access, need)
  return access
}

/** `isLive`: the account is not disabled, and the connection has not ended. Then `member` is the role, if there is one. */
async function membershipOf(
  tx: Db,
  { customer, connection }: LiveCaller,
  org: OrgId,
): Promise<{ isLive: boolean; member?: OrgAccess }> {
  const found = await tx
    .selectFrom('customers as u')
    .leftJoin('org_members as m', (on) => on.onRef('m.customer_id', '=', 'u.id').on('m.org_id', '=', org))
    .leftJoin('orgs as o', (on) => on.onRef('o.id', '=', 'm.org_id').on('o.deleted_at', 'is', null))
    .select(['o.id', 'o.slug', 'o.name', 'm.role'])
    .where('u.id', '=', customer)
    .where('u.disabled_at', 'is', null)
    .where(
      sql<boolean>`not exists (select from connections c where c.id = ${connection ?? null} and c.revoked_at is not null)`,
    )
    .executeTakeFirst()
  const { id, slug, name, role } = found ?? {}
  return {
    isLive: found !== undefined,
    ...(id && slug && name && role && { member: { id, slug, name, role } }),
  }
}
