import type { CustomerId, InviteId, OrgId } from '#kernel/ids'
import { isId } from '#kernel/ids'
import { hashOfMailToken } from '#domain/mail'
import type { Db } from '../../platform/database.ts'
import type { OrgRole } from '../../platform/tables.ts'
import { inviteBy } from './invite-store.ts'

export interface PendingInvite {
  id: InviteId
  email: string
  role: OrgRole
  /** Name of the person who sent it. */
  invitedBy: string
  createdAt: Date
  expiresAt: Date
}

/** The invites of an org that can still be used, newest first. Uses the index `org_invites_open`. */
export async function listPendingInvites(
  db: Db,
  { org, limit, after, at }: { org: OrgId; limit: number; after?: InviteId | undefined; at: Date },
): Promise<PendingInvite[]> {
  const rows = await pending(db, at)
    .innerJoin('customers as u', 'u.id', 'i.invited_by')
    .select(['i.email_norm', 'i.created_at', 'u.display_name'])
    .where('i.org_id', '=', org)
    .$if(after !== undefined, (query) => query.where('i.id', '<', after ?? 'inv_'))
    .orderBy('i.id', 'desc')
    .limit(limit)
    .execute()
  return rows.map((row) => ({
    id: row.id,
    email: row.email_norm,
    role: row.role,
    invitedBy: row.display_name,
    createdAt: row.created_at,
    expiresAt: row.expires_at,
  }))
}

/** An invite, for the person of its address. */
export interface OwnInvite {
  id: InviteId
  org: { slug: string; name: string }
  role: OrgRole
  expiresAt: Date
}

const MOST_OWN = 20

/** The invites to the address of a person that can still be used, newest first, at most 20. */
export async function ownInvites(
  db: Db,
  { customer, at }: { customer: CustomerId; at: Date },
): Promise<OwnInvite[]> {
  const rows = await pending(db, at)
    .innerJoin('customers as me', 'me.email_norm', 'i.email_norm')
    .innerJoin('orgs as o', (on) => on.onRef('o.id', '=', 'i.org_id').on('o.deleted_at', 'is', null))
    .select(['o.slug', 'o.name'])
    .where('me.id', '=', customer)
    .orderBy('i.id', 'desc')
    .limit(MOST_OWN)
    .execute()
  return rows.map(({ id, slug, name, role, expires_at }) => ({
    id,
    org: { slug, name },
    role,
    expiresAt: expires_at,
  }))
}

/** The number of invites of each org that can still be used. Orgs without one are left out. */
export async function countPendingInvites(
  db: Db,
  { orgs, at }: { orgs: readonly OrgId[]; at: Date },
): Promise<Map<OrgId, number>> {
  if (!orgs.length) return new Map()
  const rows = await pending(db, at)
    .clearSelect()
    .select(['i.org_id'])
    .select((select) => select.fn.countAll<number>().as('n'))
    .where('i.org_id', 'in', orgs)
    .groupBy('i.org_id')
    .execute()
  return new Map(rows.map(({ org_id, n }) => [org_id, n]))
}

const pending = (db: Db, at: Date) =>
  db
    .selectFrom('org_invites as i')
    .select(['i.id', 'i.role', 'i.expires_at'])
    .where('i.used_at', 'is', null)
    .where('i.revoked_at', 'is', null)
    .where('i.expires_at', '>', at)

/** What the page of a mailed link shows. */
export interface ShownInvite {
  id: InviteId
  org: { id: OrgId; slug: string; name: string }
  email: string
  role: OrgRole
  invitedBy: string
  expiresAt: Date
  /** It was neither used nor revoked, and has not expired. */
  isPending: boolean
  usedBy: CustomerId | undefined
}

/**
 * The invite of a mailed link, or of an id for the person of its address. Does not use it: mail scanners open links,
 * too. Undefined for everything else, and when the org is deleted.
 */
export async function findInvite(
  db: Db,
  { ref, customer, at }: { ref: string; customer: CustomerId | undefined; at: Date },
): Promise<ShownInvite | undefined> {
  const byId = isId('inv', ref)
  const invite = await inviteBy(db, byId ? { id: ref } : { tokenHash: hashOfMailToken(ref) })
  if (!invite) return undefined
  const { id, email, role, expiresAt, usedBy, revokedAt } = invite
  const about = await db
    .selectFrom('orgs as o')
    .innerJoin('customers as u', (on) => on.on('u.id', '=', invite.invitedBy))
    .leftJoin('customers as me', (on) =>
      on.on('me.id', '=', customer ?? null).on('me.email_norm', '=', email),
    )
    .select(['o.id', 'o.slug', 'o.name', 'u.display_name', 'me.id as own'])
    .where('o.id', '=', invite.org)
    .where('o.deleted_at', 'is', null)
    .executeTakeFirst()
  if (!about || (byId && !about.own)) return undefined
  const { display_name: invitedBy, own: _, ...org } = about
  const isPending = !usedBy && !revokedAt && expiresAt > at
  return { id, org, email, role, invitedBy, expiresAt, isPending, usedBy }
}
