import type { ExpressionBuilder } from 'kysely'
import type { CustomerId, InviteId, OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { DB, OrgRole } from '../../platform/tables.ts'

export interface Invite {
  id: InviteId
  org: OrgId
  /** The only address that may use it. */
  email: string
  role: OrgRole
  invitedBy: CustomerId
  expiresAt: Date
  usedBy: CustomerId | undefined
  revokedAt: Date | undefined
}

export interface NewInvite {
  id: InviteId
  org: OrgId
  email: string
  role: OrgRole
  tokenHash: Buffer
  invitedBy: CustomerId
  at: Date
  expiresAt: Date
}

/** The database refuses a second open invite of an org to an address. */
export async function addInvite(tx: Db, invite: NewInvite): Promise<void> {
  await tx
    .insertInto('org_invites')
    .values({
      id: invite.id,
      org_id: invite.org,
      email_norm: invite.email,
      role: invite.role,
      token_hash: invite.tokenHash,
      invited_by: invite.invitedBy,
      created_at: invite.at,
      expires_at: invite.expiresAt,
    })
    .execute()
}

const invites = (db: Db) =>
  db
    .selectFrom('org_invites')
    .select(['id', 'org_id', 'email_norm', 'role', 'invited_by', 'expires_at', 'used_by', 'revoked_at'])

type Row = Awaited<ReturnType<ReturnType<typeof invites>['executeTakeFirstOrThrow']>>

const asInvite = (row: Row): Invite => ({
  id: row.id,
  org: row.org_id,
  email: row.email_norm,
  role: row.role,
  invitedBy: row.invited_by,
  expiresAt: row.expires_at,
  usedBy: row.used_by ?? undefined,
  revokedAt: row.revoked_at ?? undefined,
})

/** An invite by its id, or by the hash of the token in its mail. */
export async function inviteBy(
  db: Db,
  ref: { id: InviteId } | { tokenHash: Buffer },
): Promise<Invite | undefined> {
  const row = await invites(db)
    .where((is) => ('id' in ref ? is('id', '=', ref.id) : is('token_hash', '=', ref.tokenHash)))
    .executeTakeFirst()
  return row && asInvite(row)
}

const isOpen = (is: ExpressionBuilder<DB, 'org_invites'>) =>
  is.and([is('used_at', 'is', null), is('revoked_at', 'is', null)])

/** The invite of an org to an address that was neither used nor revoked. It may have expired. */
export async function openInviteTo(db: Db, org: OrgId, email: string): Promise<Invite | undefined> {
  const row = await invites(db)
    .where('org_id', '=', org)
    .where('email_norm', '=', email)
    .where(isOpen)
    .executeTakeFirst()
  return row && asInvite(row)
}

/** The open invites that a member has sent, also expired ones. Call it under `lockOrg`. */
export async function openInvitesOf(db: Db, by: { org: OrgId; customer: CustomerId }): Promise<Invite[]> {
  const rows = await invites(db)
    .where('org_id', '=', by.org)
    .where('invited_by', '=', by.customer)
    .where(isOpen)
    .execute()
  return rows.map(asInvite)
}

/** The number of invites of an org that can be used at `at`. */
export async function countPending(db: Db, org: OrgId, at: Date): Promise<number> {
  const { n } = await db
    .selectFrom('org_invites')
    .select((select) => select.fn.countAll<number>().as('n'))
    .where('org_id', '=', org)
    .where(isOpen)
    .where('expires_at', '>', at)
    .executeTakeFirstOrThrow()
  return n
}

export async function markRevoked(tx: Db, ids: readonly InviteId[], at: Date): Promise<void> {
  if (!ids.length) return
  await tx.updateTable('org_invites').set({ revoked_at: at }).where('id', 'in', ids).where(isOpen).execute()
}

/** Returns the number of the invites that could still be used. */
export async function markAllRevoked(tx: Db, org: OrgId, at: Date): Promise<number> {
  const revoked = await tx
    .updateTable('org_invites')
    .set({ revoked_at: at })
    .where('org_id', '=', org)
    .where(isOpen)
    .returning('expires_at')
    .execute()
  return revoked.filter(({ expires_at }) => expires_at > at).length
}

/** Call it under `lockOrg`, after the invite was read. */
export async function markUsed(
  tx: Db,
  { id, by, at }: { id: InviteId; by: CustomerId; at: Date },
): Promise<void> {
  await tx.updateTable('org_invites').set({ used_at: at, used_by: by }).where('id', '=', id).execute()
}
