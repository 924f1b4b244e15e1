import { type CustomerId, isId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import { assertMay, type Caller, deleteMember, findMember, type OrgAccess } from '#domain/orgs'
import { endLinksBy, endSharesWith } from '#domain/sharing'
import type { Db } from '../../platform/database.ts'
import { assertMayTake, memberOf } from './change-role.ts'
import { MemberNotFound } from './errors.ts'
import { inChainOf, inOrg, type OrgChange } from './in-org.ts'
import { formerMember, type MadeByMember, madeByMember } from './made-by-member.ts'
import { revokeBeyond, revokeInviteTo } from './revoke-invite.ts'

export interface RemovedMember {
  member: CustomerId
  name: string
  /** What the member made and leaves behind. It goes on until somebody ends it. */
  left: MadeByMember
  revokedInvites: number
  /** Links to projects that the member sent and nobody used. They have ended. */
  endedLinks: number
}

/**
 * Ends a membership: the next request of that person in the org is refused, and nothing is shared with them any more.
 * Everybody may end their own. Refuses `member_not_found`, `not_allowed`, `role_above_own`, `last_owner`,
 * `personal_org_stays`, `owners_only_in_browser`.
 */
export async function removeMember(
  db: Db,
  { caller, org: wanted, member: ref, at }: OrgChange & { member: string },
): Promise<RemovedMember> {
  return inOrg(db, { caller, org: wanted }, 'any', async (tx, org) => {
    const member = await memberOf(tx, org, ref)
    const { customer, displayName: name } = member
    const leaves = customer === caller.customer
    if (!leaves) assertMay(org, 'manage_members')
    await assertMayTake(tx, { caller, org, member, becomes: undefined })
    await deleteMember(tx, { org: org.id, customer })
    const revokedInvites =
      (await revokeBeyond(tx, { org: org.id, customer, left: undefined, at })) +
      (await revokeInviteTo(tx, { org: org.id, email: member.email, at }))
    const endedShares = await endSharesWith(tx, { org: org.id, customer, because: 'revoked', at })
    const endedLinks = await endLinksBy(tx, { org: org.id, customer, at })
    const left = await madeByMember(tx, { org: org.id, customer, at })
    const detail = {
      role: member.role,
      ...(leaves && { leaves }),
      tokens: left.tokens.length,
      operations: left.operations.length,
      cards: left.cards.length,
      guests: left.guests.length,
      ...(revokedInvites && { revokedInvites }),
      ...(endedShares && { endedShares }),
      ...(endedLinks && { endedLinks }),
    }
    await audit(tx, { ...inChainOf(org, 'remove_member', customer), ...by(caller), detail })
    return { member: customer, name, left, revokedInvites, endedLinks }
  })
}

/**
 * What a member would leave behind, or a person who left has left behind. Changes nothing. Everybody may
 * ask for themselves. Refuses `not_allowed`, and `member_not_found`, also for a former member of whom nothing goes on.
 */
export async function whatStays(
  db: Db,
  { caller, org, member: ref, at }: { caller: Caller; org: OrgAccess; member: string; at: Date },
): Promise<Pick<RemovedMember, 'member' | 'name' | 'left'>> {
  if (ref !== caller.customer) assertMay(org, 'manage_members')
  if (!isId('cst', ref)) throw new MemberNotFound()
  const of = { org: org.id, customer: ref, at }
  const person = (await findMember(db, of)) ?? (await formerMember(db, of))
  if (!person) throw new MemberNotFound()
  return { member: ref, name: person.displayName, left: await madeByMember(db, of) }
}
