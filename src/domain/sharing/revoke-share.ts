import { isId, type ProjectId, type ProjectTokenId, type ShareId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import { assertMay, type Caller, lockForMember, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { ShareNotFound } from './errors.ts'

export interface RevokedShare {
  id: ShareId
  project: ProjectId
  email: string
  endedAt: Date
  /** Keys that the guest made and that still work: whoever has them can install. */
  tokens: { id: ProjectTokenId; label: string }[]
}

/**
 * Ends a share: the link no longer works, and the guest's next request is refused. The keys that the guest made stay, so
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
      .selectFrom('project_shares')
      .select(['id', 'project_id', 'email_norm', 'customer_id', 'ended_at'])
      .where('id', '=', ref)
      .where('org_id', '=', org.id)
      .forUpdate()
      .executeTakeFirst()
    if (!share) throw new ShareNotFound()
    const { id, project_id: project, customer_id: guest } = share
    const tokens = guest ? await liveTokensBy(tx, { guest, project, at }) : []
    const ended = { id, project, email: share.email_norm, tokens }
    if (share.ended_at) return { ...ended, endedAt: share.ended_at }
    await tx
      .updateTable('project_shares')
      .set({ ended_at: at, ended_because: 'revoked' })
      .where('id', '=', id)
      .execute()
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
