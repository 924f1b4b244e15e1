import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { acceptInvite } from './accept-invite.ts'
export { changeMemberRole } from './change-role.ts'
export { deleteOrg } from './delete-org.ts'
export { type DeletionBlocker, deletionBlockersOf } from './deletion-blockers.ts'
export { inviteMember } from './invite-member.ts'
export {
  countPendingInvites,
  findInvite,
  listPendingInvites,
  type OwnInvite,
  ownInvites,
  type PendingInvite,
  type ShownInvite,
} from './invite-reads.ts'
export { formerMember, formerMembers, type MadeByMember, madeByMember } from './made-by-member.ts'
export { openOrg } from './open-org.ts'
export { removeMember, whatStays } from './remove-member.ts'
export { renameOrg } from './rename-org.ts'
export { revokeInvite } from './revoke-invite.ts'
export { transferOrg } from './transfer-org.ts'

/** The codes of all refusals of `team`. */
export type TeamCode = CodesIn<typeof refusals>
