import { isId, type ProjectId, type ProjectTokenId, type ShareId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import { assertMay, type Caller, lockForMember, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { endLinksTo } from './end-shares.ts'
import { ShareNotFound } from './errors.ts'
import { presentAddress } from './list-shares.ts'

export interface RevokedShare {
  id: ShareId
  project: ProjectId
  /** As in `ListedShare`. */
  email: string
  endedAt: Date
  /** Keys that the guest made and that still work: whoever has them can install. */
  tokens: { id: ProjectTokenId; label: string }[]
}

/**
 * Ends a share: no link to the person works any more, and the guest's next request is refused. The keys that the guest made stay, so
 * that no installation of the org breaks, and are listed. A share that has ended keeps its time, and is not audited again.
 * Refuses `not_allowed`, `share_not_found`.
 */
export async function revokeShare(
  db: Db,
  { caller, org, share: ref, at }: { caller: Caller; org: OrgAccess; share: string; at: Date },
): Promise<RevokedShare> {
  assertMay(org, 'share_projects')
  return inTransaction(db, async (tx) => {
    // whoever makes keys locks the org, too, so none is missing below
    await lockForMember(tx, { caller, org }, 'share_projects')
    if (!isId('shr', ref)) throw new ShareNotFound()
    const share = await tx
      .selectFrom('project_shares as s')
      .leftJoin('customers as g', 'g.id', 's.customer_id')
      .select(['s.id', 's.project_id', presentAddress.as('email'), 's.customer_id', 's.ended_at'])
      .where('s.id', '=', ref)
      .where('s.org_id', '=', org.id)
      .forUpdate('s')
      .executeTakeFirst()
    if (!share) throw new ShareNotFound()
    const { id, project_id: project, email, customer_id: guest } = share
    const tokens = guest ? await liveTokensBy(tx, { guest, project, at }) : []
    const ended = { id, project, email, tokens }
    if (share.ended_at) return { ...ended, endedAt: share.ended_at }
    await tx
      .updateTable('project_shares')
      .set({ ended_at: at, ended_because: 'revoked' })
      .where('id', '=', id)
      .execute()
    if (guest) await endLinksTo(tx, { org: org.id, project, email, because: 'revoked', at })
    await audit(tx, {
      chain: `org:${org.id}`,
      action: 'revoke_project_share',
      outcome: 'done',
      ...by(caller),
      org: org.id,
      object: id,
      detail: { project, ...(guest && { guest }) },
    })
    return { ...ended, endedAt: at }
  })
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
