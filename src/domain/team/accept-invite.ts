import { type CustomerId, isId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import { hashOfMailToken } from '#domain/mail'
import { addMember, type Caller, findMember, lockOrg, type OrgAccess, orgForCustomer } from '#domain/orgs'
import { endSharesWith } from '#domain/sharing'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { AlreadyMember, InviteNotFound, InviteOver, OwnersOnlyInBrowser } from './errors.ts'
import { inChainOf } from './in-org.ts'
import { type Invite, inviteBy, markUsed } from './invite-store.ts'
import { maySend } from './sending.ts'

/**
 * Makes the person of the invited address a member. `invite`: its id, or the token of its mail. A person who has used it
 * and is still a member gets the same answer again. Refuses `invite_not_found` to everybody else, `already_member`,
 * `owners_only_in_browser`, and `invite_over`, also when who sent it may not give its role any more.
 */
export async function acceptInvite(
  db: Db,
  { caller, invite: ref, at }: { caller: Caller; invite: string; at: Date },
): Promise<{ org: OrgAccess; changed: boolean }> {
  const { customer } = caller
  const found = await inviteBy(db, isId('inv', ref) ? { id: ref } : { tokenHash: hashOfMailToken(ref) })
  if (!found) throw new InviteNotFound()
  return inTransaction(db, async (tx) => {
    await lockOrg(tx, found.org)
    const invite = await inviteFor(tx, found, customer)
    const { id, org, role } = invite
    const member = await findMember(tx, { org, customer })
    if (member && invite.usedBy === customer)
      return { org: await orgForCustomer(tx, customer, org), changed: false }
    assertOpen(invite, at)
    if (member) throw new AlreadyMember(member.role)
    if (role === 'owner' && caller.connection) throw new OwnersOnlyInBrowser()
    await assertInviterMaySend(tx, invite)
    await markUsed(tx, { id, by: customer, at })
    // before the trigger of the new member does it, so that they are counted
    const endedShares = await endSharesWith(tx, { org, customer, because: 'became_member', at })
    await addMember(tx, { org, customer, role, at })
    const joined = await orgForCustomer(tx, customer, org)
    const detail = { role, ...(endedShares && { endedShares }) }
    await audit(tx, { ...inChainOf(joined, 'accept_invite', id), ...by(caller), detail })
    return { org: joined, changed: true }
  })
}

/** The invite as it is now, while it is to the present address of the person and its org exists. */
async function inviteFor(tx: Db, { id }: Invite, customer: CustomerId): Promise<Invite> {
  const invite = await inviteBy(tx, { id })
  if (!invite) throw new InviteNotFound()
  const own = await tx
    .selectFrom('customers as u')
    .innerJoin('orgs as o', (on) => on.on('o.id', '=', invite.org))
    .select('u.id')
    .where('u.id', '=', customer)
    .where('u.email_norm', '=', invite.email)
    .where('u.disabled_at', 'is', null)
    .where('o.deleted_at', 'is', null)
    // so that the address cannot change before the membership is stored
    .forShare('u')
    .executeTakeFirst()
  if (!own) throw new InviteNotFound()
  return invite
}

function assertOpen({ usedBy, revokedAt, expiresAt }: Invite, at: Date): void {
  if (usedBy) throw new InviteOver('used')
  if (revokedAt) throw new InviteOver('revoked')
  if (expiresAt <= at) throw new InviteOver('expired')
}

/** The one who sent it may have lost the role, or the account may be disabled. */
async function assertInviterMaySend(tx: Db, { org, invitedBy, role }: Invite): Promise<void> {
  const inviter = await findMember(tx, { org, customer: invitedBy })
  if (!inviter || inviter.isDisabled || !maySend(inviter.role, role)) throw new InviteOver('inviter')
}
