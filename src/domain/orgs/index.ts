import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { assertMay, type Caller, may, type OrgAccess, rolesWith, type Scope, SCOPES } from './access.ts'
export { createOrg } from './create-org.ts'
export { ActiveOrgLost, NotAllowed, NotForGuests, OrgNotFound } from './errors.ts'
export { grantableBy, mayGrant, ORG_ROLES } from './granting.ts'
export {
  listOrgMembers,
  managersOf,
  memberWithAddress,
  namesOfMembers,
  type OrgMember,
} from './member-reads.ts'
export {
  type Access,
  assertMayOn,
  assertMayUse,
  type GuestAccess,
  type GuestOrg,
  guestMay,
  type GuestPermission,
  guestRolesWith,
  isGuest,
  memberWith,
  mayOn,
  mayUse,
  type Need,
  orgIdOf,
  roleIn,
  seenProjects,
} from './guest-access.ts'
export { accessesOf, accessTo, guestOrgsOf } from './guest-store.ts'
export { lockForCaller, lockForMember } from './live-access.ts'
export {
  deleteMember,
  findMember,
  hasOtherOwner,
  lockOrgToDelete,
  markOrgDeleted,
  type Membership,
  nameOfOrg,
  setOrgName,
  setRole,
} from './member-store.ts'
export { addMember, addOrg, addOrgOnce, liveRole, lockOrg, orgForCustomer, orgsOf } from './org-store.ts'
export type { Permission } from './permissions.ts'
export { createPersonalOrg } from './personal-org.ts'
export { isReservedName } from './reserved-name.ts'

/** The codes of all refusals of `orgs`. */
export type OrgsCode = CodesIn<typeof refusals>
