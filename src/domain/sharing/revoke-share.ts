import { type CustomerId, isId, type ProjectId, type ProjectTokenId, type ShareId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import { assertMay, type Caller, lockForMember, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { endLinksTo } from './end-shares.ts'
import { ShareNotFound } from './errors.ts'
import { addressAt } from './list-shares.ts'

export interface RevokedShare {
  id: ShareId
  project: ProjectId
  /** As in `ListedShare`, before this call. */
  email: string
  endedAt: Date
  /** Keys that the guest made and that still work: whoever has them can install. */
  tokens: { id: ProjectTokenId; label: string }[]
}

/**
 * Ends a share: no link to the person works any more, and the guest's next request is refused. The keys that the guest made stay, so
 * that no installation of the org breaks, and are listed. A share that was replaced, because its guest used a later link, ends the
 * guest's present access to the project, once. A share that has ended in another way keeps its time, and is not audited again. Refuses `not_allowed`,
 * `share_not_found`, with `project` also for a share of another one.
 */
export async function revokeShare(
  db: Db,
  {
    caller,
    org,
    project: of,
    share: ref,
    at,
  }: { caller: Caller; org: OrgAccess; project?: ProjectId; share: string; at: Date },
): Promise<RevokedShare> {
  assertMay(org, 'share_projects')
  return inTransaction(db, async (tx) => {
    // whoever makes keys or uses a link locks the org, too, so none is missing below
    await lockForMember(tx, { caller, org }, 'share_projects')
    if (!isId('shr', ref)) throw new ShareNotFound()
    const share = await findShare(tx, { org, id: ref, at })
    if (of && share.project_id !== of) throw new ShareNotFound()
    const { id, project_id: project, email, customer_id: guest, guest_email: address } = share
    const tokens = guest ? await liveTokensBy(tx, { guest, project, at }) : []
    const listed = { id, project, email, tokens }
    if (share.ended_at && share.ended_because !== 'replaced') return { ...listed, endedAt: share.ended_at }
    if (share.ended_at) await markRevoked(tx, id)
    const shares = await endAccess(tx, { id, project, guest, at })
    const links = address
      ? await endLinksTo(tx, { org: org.id, project, email: address, because: 'revoked', at })
      : 0
    if (share.ended_at && !shares.length && !links) return { ...listed, endedAt: share.ended_at }
    const [later] = shares.filter((each) => each !== id)
    await audit(tx, {
      chain: `org:${org.id}`,
      action: 'revoke_project_share',
      outcome: 'done',
      ...by(caller),
      org: org.id,
      object: id,
      detail: { project, ...(guest && { guest }), ...(later && { replaced_by: later }) },
    })
    return { ...listed, endedAt: at }
  })
}

async function findShare(tx: Db, { org, id, at }: { org: OrgAccess; id: ShareId; at: Date }) {
  const share = await tx
    .selectFrom('project_shares as s')
    .leftJoin('customers as g', 'g.id', 's.customer_id')
    .select([
      's.id',
      's.project_id',
      addressAt(at).as('email'),
      's.customer_id',
      'g.email_norm as guest_email',
    ])
    .select(['s.ended_at', 's.ended_because'])
    .where('s.id', '=', id)
    .where('s.org_id', '=', org.id)
    .executeTakeFirst()
  if (!share) throw new ShareNotFound()
  return share
}

/** So that the same call again does not end what the guest gets later. */
const markRevoked = (tx: Db, id: ShareId) =>
  tx.updateTable('project_shares').set({ ended_because: 'revoked' }).where('id', '=', id).execute()

/** Ends the share, or what its guest has of the project now. Returns what it ended. */
async function endAccess(
  tx: Db,
  share: { id: ShareId; project: ProjectId; guest: CustomerId | null; at: Date },
): Promise<ShareId[]> {
  const { id, project, guest, at } = share
  const ended = await tx
    .updateTable('project_shares')
    .set({ ended_at: at, ended_because: 'revoked' })
    .where('project_id', '=', project)
    .where((is) => (guest ? is('customer_id', '=', guest) : is('id', '=', id)))
    .where('ended_at', 'is', null)
    .returning('id')
    .execute()
  return ended.map((each) => each.id)
}

const liveTokensBy = (
  tx: Db,
  { guest, project, at }: { guest: Caller['customer']; project: ProjectId; at: Date },
) =>
  tx
    .selectFrom('project_tokens')
    .select(['id', 'label'])
    .where('project_id', '=', project)
    .where('created_by', '=', guest)
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', at)]))
    .orderBy('id')
    .execute()
