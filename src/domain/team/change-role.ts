import { type CustomerId, isId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import {
  type Caller,
  findMember,
  hasOtherOwner,
  mayGrant,
  type Membership,
  type OrgAccess,
  setRole,
} from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import type { OrgRole } from '../../platform/tables.ts'
import { LastOwner, MemberNotFound, OwnersOnlyInBrowser, PersonalOrgStays, RoleAboveOwn } from './errors.ts'
import { inChainOf, inOrg, type OrgChange } from './in-org.ts'
import { revokeBeyond } from './revoke-invite.ts'

export interface ChangedRole {
  member: CustomerId
  name: string
  role: OrgRole
  previous: OrgRole
  changed: boolean
  /** Invites of this member that they may not send any more. */
  revokedInvites: number
}

/**
 * Gives a member another role; it holds from their next request on. Both roles have to be at or below the caller's own.
 * Refuses `member_not_found`, `role_above_own`, `last_owner`, `personal_org_stays`, `owners_only_in_browser`.
 */
export async function changeMemberRole(
  db: Db,
  { caller, org: wanted, member: ref, role, at }: OrgChange & { member: string; role: OrgRole },
): Promise<ChangedRole> {
  return inOrg(db, { caller, org: wanted }, 'manage_members', async (tx, org) => {
    const member = await memberOf(tx, org, ref)
    const { customer, role: previous } = member
    const found = { member: customer, name: member.displayName, role, previous }
    if (role === previous) return { ...found, changed: false, revokedInvites: 0 }
    if (!mayGrant(org.role, role)) throw new RoleAboveOwn(org.role, role)
    await assertMayTake(tx, { caller, org, member, becomes: role })
    await setRole(tx, { org: org.id, customer, role })
    const revokedInvites = await revokeBeyond(tx, { org: org.id, customer, left: role, at })
    const detail = { from: previous, to: role, ...(revokedInvites && { revokedInvites }) }
    await audit(tx, { ...inChainOf(org, 'change_member_role', customer), ...by(caller), detail })
    return { ...found, changed: true, revokedInvites }
  })
}

/** Refuses `member_not_found`. */
export async function memberOf(tx: Db, { id: org }: OrgAccess, ref: string): Promise<Membership> {
  const member = isId('cst', ref) ? await findMember(tx, { org, customer: ref }) : undefined
  if (!member) throw new MemberNotFound()
  return member
}

/** Whether the caller may take the present role of a member. `becomes`: the role after it; undefined: no member. */
export async function assertMayTake(
  tx: Db,
  {
    caller,
    org,
    member: { customer, role, isPersonal },
    becomes,
  }: { caller: Caller; org: OrgAccess; member: Membership; becomes: OrgRole | undefined },
): Promise<void> {
  if (!mayGrant(org.role, role)) throw new RoleAboveOwn(org.role, role)
  if (role === 'owner' && becomes !== 'owner') {
    if (isPersonal) throw new PersonalOrgStays()
    if (!(await hasOtherOwner(tx, { org: org.id, customer }))) throw new LastOwner()
  }
  if ([role, becomes].includes('owner') && caller.connection) throw new OwnersOnlyInBrowser()
}
