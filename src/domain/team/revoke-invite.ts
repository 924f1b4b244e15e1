import { type CustomerId, type InviteId, isId, type OrgId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import { mayGrant } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import type { OrgRole } from '../../platform/tables.ts'
import { InviteNotFound, InviteOver, RoleAboveOwn } from './errors.ts'
import { inChainOf, inOrg, type OrgChange } from './in-org.ts'
import { inviteBy, markRevoked, openInvitesOf, openInviteTo } from './invite-store.ts'
import { maySend } from './sending.ts'

/**
 * Ends an invite: its link and its id work no more. One that was revoked before stays as it is. Refuses
 * `invite_not_found`, `invite_over` when it was used, `role_above_own`.
 */
export async function revokeInvite(
  db: Db,
  { caller, org: wanted, invite: ref, at }: OrgChange & { invite: string },
): Promise<{ id: InviteId; email: string; changed: boolean }> {
  return inOrg(db, { caller, org: wanted }, 'manage_members', async (tx, org) => {
    const invite = isId('inv', ref) ? await inviteBy(tx, { id: ref }) : undefined
    if (invite?.org !== org.id) throw new InviteNotFound()
    const { id, email, role, revokedAt, usedBy } = invite
    if (usedBy) throw new InviteOver('used')
    if (!mayGrant(org.role, role)) throw new RoleAboveOwn(org.role, role)
    if (revokedAt) return { id, email, changed: false }
    await markRevoked(tx, [id], at)
    await audit(tx, { ...inChainOf(org, 'revoke_invite', id), ...by(caller) })
    return { id, email, changed: true }
  })
}

/**
 * Revokes the open invites of a member that the member could not send any more with the role `left`. Undefined: is no
 * member any more. Returns their number. Call it under `lockOrg`.
 */
export async function revokeBeyond(
  tx: Db,
  { org, customer, left, at }: { org: OrgId; customer: CustomerId; left: OrgRole | undefined; at: Date },
): Promise<number> {
  const open = await openInvitesOf(tx, { org, customer })
  const beyond = open.filter(({ role }) => !maySend(left, role))
  await markRevoked(
    tx,
    beyond.map(({ id }) => id),
    at,
  )
  return beyond.filter(({ expiresAt }) => expiresAt > at).length
}

/**
 * Revokes the open invite of an org to an address: who is removed shall not come back by an earlier one. Returns their
 * number. Call it under `lockOrg`.
 */
export async function revokeInviteTo(
  tx: Db,
  { org, email, at }: { org: OrgId; email: string; at: Date },
): Promise<number> {
  const open = await openInviteTo(tx, org, email)
  if (!open) return 0
  await markRevoked(tx, [open.id], at)
  return open.expiresAt > at ? 1 : 0
}
