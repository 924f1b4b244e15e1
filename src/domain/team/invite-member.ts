import { type CustomerId, type InviteId, mintId, type OrgId } from '#kernel/ids'
import { assertEmail } from '#domain/accounts'
import { audit, by } from '#domain/audit'
import { countInvitation, normalEmail, type Sealing } from '#domain/identity'
import { newMailToken, queueMail, sealForMail } from '#domain/mail'
import { mayGrant, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import type { OrgRole } from '../../platform/tables.ts'
import {
  AlreadyMember,
  InvitePending,
  OwnersOnlyInBrowser,
  RoleAboveOwn,
  TooManyInvites,
  TooManyPendingInvites,
} from './errors.ts'
import { inChainOf, inOrg, type OrgChange } from './in-org.ts'
import { addInvite, countPending, markRevoked, openInviteTo } from './invite-store.ts'

const DAY_MS = 24 * 60 * 60_000
export const INVITE_LIVES_MS = 7 * DAY_MS
const MOST_PENDING = 100

export interface SentInvite {
  id: InviteId
  email: string
  role: OrgRole
  expiresAt: Date
}

/**
 * Mails an offer to join an org with a role at or below the caller's own. It works once, for 7 days, for the person of
 * this address. The answer does not say whether the address has an account. Refuses `email_not_valid`, `already_member`,
 * `invite_pending`, `role_above_own`, `owners_only_in_browser`, `too_many_invites`, `too_many_pending_invites`.
 */
export async function inviteMember(
  db: Db,
  sealing: Pick<Sealing, 'seal'>,
  { caller, org: wanted, email: given, role, at }: OrgChange & { email: string; role: OrgRole },
): Promise<SentInvite> {
  assertEmail(given)
  const email = normalEmail(given)
  return inOrg(db, { caller, org: wanted }, 'manage_members', async (tx, org) => {
    if (!mayGrant(org.role, role)) throw new RoleAboveOwn(org.role, role)
    if (role === 'owner' && caller.connection) throw new OwnersOnlyInBrowser()
    await refuseKnown(tx, { org: org.id, email, at })
    const to = { kind: 'invites/address', address: email, windowMs: DAY_MS }
    const over = await countInvitation(tx, { org: org.id, person: caller.customer, to }, at)
    if (over) throw new TooManyInvites(over.limit, over.seconds)
    const [id, token, expiresAt] = [mintId('inv', at, Math.random), newMailToken(), until(at)]
    const invitedBy = caller.customer
    await addInvite(tx, {
      id,
      org: org.id,
      email,
      role,
      tokenHash: token.tokenHash,
      invitedBy,
      at,
      expiresAt,
    })
    const data = { ...(await namesIn(tx, org, invitedBy)), role, until: expiresAt.toISOString() }
    const mail = { ...sealForMail(sealing, token), to: email, data, at, giveUpAt: expiresAt }
    await queueMail(tx, { kind: 'org_invite', ...mail })
    await audit(tx, { ...inChainOf(org, 'invite_member', id), ...by(caller), detail: { role } })
    return { id, email, role, expiresAt }
  })
}

const until = (at: Date) => new Date(at.getTime() + INVITE_LIVES_MS)

/** An expired invite makes room for a new one. */
async function refuseKnown(
  tx: Db,
  { org, email, at }: { org: OrgId; email: string; at: Date },
): Promise<void> {
  const member = await tx
    .selectFrom('org_members as m')
    .innerJoin('customers as u', 'u.id', 'm.customer_id')
    .select('m.role')
    .where('m.org_id', '=', org)
    .where('u.email_norm', '=', email)
    .executeTakeFirst()
  if (member) throw new AlreadyMember(member.role)
  const open = await openInviteTo(tx, org, email)
  if (open && open.expiresAt > at) throw new InvitePending(open.id, open.role)
  if (open) await markRevoked(tx, [open.id], at)
  if ((await countPending(tx, org, at)) >= MOST_PENDING) throw new TooManyPendingInvites(MOST_PENDING)
}

async function namesIn(tx: Db, { slug, name: org }: OrgAccess, customer: CustomerId) {
  const { display_name } = await tx
    .selectFrom('customers')
    .select('display_name')
    .where('id', '=', customer)
    .executeTakeFirstOrThrow()
  return { org, slug, by: display_name }
}
