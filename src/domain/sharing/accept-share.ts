import type { CustomerId, OrgId, ProjectId, ShareId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { findMember, liveRole, lockOrg, may } from '#domain/orgs'
import { lockProject, ProjectIsArchived } from '#domain/projects'
import { hashOfMailToken } from '#domain/mail'
import type { Db } from '../../platform/database.ts'
import type { GuestRole } from '../../platform/tables.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { AlreadySeesProject, ShareForAnother, ShareLinkOver, ShareWithdrawn } from './errors.ts'

/** What a link offers, for the person to whom it was sent. */
export interface OfferedShare {
  org: string
  project: ProjectId
  projectName: string
  role: GuestRole
  /** The name of the person who shared it. */
  by: string
  until: Date | undefined
}

interface Opening {
  token: string
  customer: CustomerId
  at: Date
}

/**
 * What a link offers. Does not use it: mail scanners open links, too. Refuses as `acceptShare` does.
 */
export async function offeredShare(db: Db, { token, customer, at }: Opening): Promise<OfferedShare> {
  const share = await shareOf(db, token)
  const person = await personOf(db, customer)
  await assertAcceptable(db, share, { customer, email: person.email_norm, at })
  if (share.archived_at) throw new ProjectIsArchived(share.project_slug)
  return {
    org: share.org_name,
    project: share.project_id,
    projectName: share.project_name,
    role: share.role,
    by: share.shared_by_name,
    until: share.expires_at ?? undefined,
  }
}

/**
 * Makes the customer a guest of the project, if the link was sent to their address. The same customer may repeat it. Of
 * two people who open it at once, only the one with the address becomes a guest. Refuses `share_link_over`, also to a
 * disabled account, `share_for_another`, `share_withdrawn` when who shared it may not do so any more or is disabled,
 * `already_sees_project`, and `project_archived`.
 */
export async function acceptShare(
  db: Db,
  { token, customer, at, request }: Opening & { request: string },
): Promise<ProjectId> {
  return inTransaction(db, async (tx) => {
    const found = await shareOf(tx, token)
    // the org is locked first: ending shares locks several rows, also after the org
    await lockOrg(tx, found.org_id)
    // nobody can make this customer a member meanwhile: the row of a member refers to the customer
    const person = await personOf(tx, customer, { isLocked: true })
    const { archivedAt } = await lockProject(tx, found.project_id)
    const share = await shareOf(tx, token)
    if (share.customer_id === customer && !share.ended_at) return share.project_id
    await assertAcceptable(tx, share, { customer, email: person.email_norm, at })
    if (archivedAt) throw new ProjectIsArchived(share.project_slug)
    const replaced = await replaceEarlier(tx, { customer, project: share.project_id, at })
    await tx
      .updateTable('project_shares')
      .set({ accepted_at: at, customer_id: customer })
      .where('id', '=', share.id)
      .execute()
    await audit(tx, {
      chain: `org:${share.org_id}`,
      action: 'accept_share',
      outcome: 'done',
      customer,
      org: share.org_id,
      object: share.id,
      request,
      detail: { project: share.project_id, role: share.role, ...(replaced && { replaced }) },
    })
    return share.project_id
  })
}

interface Share {
  id: ShareId
  org_id: OrgId
  project_id: ProjectId
  email_norm: string
  shared_by: CustomerId
  link_expires_at: Date
  expires_at: Date | null
  ended_at: Date | null
  customer_id: CustomerId | null
  org_slug: string
}

async function assertAcceptable(
  db: Db,
  share: Share,
  { customer, email, at }: { customer: CustomerId; email: string; at: Date },
): Promise<void> {
  const isOwn = share.email_norm === email
  // becoming a member has ended the link, but a member needs none
  if (isOwn && (await liveRole(db, share.org_id, customer))) throw new AlreadySeesProject(share.org_slug)
  const isOver =
    share.ended_at ||
    share.customer_id ||
    share.link_expires_at <= at ||
    (share.expires_at && share.expires_at <= at)
  if (isOver) throw new ShareLinkOver()
  if (!isOwn) throw new ShareForAnother()
  const sharer = await findMember(db, { org: share.org_id, customer: share.shared_by })
  if (!sharer || sharer.isDisabled || !may(sharer.role, 'share_projects')) throw new ShareWithdrawn()
}

/** A person whose address has changed may have got two links. Returns how many shares it ended. */
async function replaceEarlier(
  tx: Db,
  { customer, project, at }: { customer: CustomerId; project: ProjectId; at: Date },
): Promise<number> {
  const { numUpdatedRows } = await tx
    .updateTable('project_shares')
    .set({ ended_at: at, ended_because: 'replaced' })
    .where('customer_id', '=', customer)
    .where('project_id', '=', project)
    .where('ended_at', 'is', null)
    .executeTakeFirstOrThrow()
  return Number(numUpdatedRows)
}

/** Refuses `share_link_over` when there is none. */
async function shareOf(db: Db, token: string) {
  const row = await db
    .selectFrom('project_shares as s')
    .innerJoin('orgs as o', 'o.id', 's.org_id')
    .innerJoin('projects as p', 'p.id', 's.project_id')
    .innerJoin('customers as u', 'u.id', 's.shared_by')
    .select(['s.id', 's.org_id', 's.project_id', 's.email_norm', 's.role', 's.shared_by', 's.customer_id'])
    .select(['s.link_expires_at', 's.expires_at', 's.ended_at', 'o.slug as org_slug', 'o.name as org_name'])
    .select(['p.slug as project_slug', 'p.name as project_name', 'p.archived_at'])
    .select('u.display_name as shared_by_name')
    .where('s.token_hash', '=', hashOfMailToken(token))
    .where('o.deleted_at', 'is', null)
    .executeTakeFirst()
  if (!row) throw new ShareLinkOver()
  return row
}

/** Refuses `share_link_over` for a disabled account. */
async function personOf(db: Db, customer: CustomerId, { isLocked = false } = {}) {
  const person = await db
    .selectFrom('customers')
    .select('email_norm')
    .where('id', '=', customer)
    .where('disabled_at', 'is', null)
    .$if(isLocked, (query) => query.forUpdate())
    .executeTakeFirst()
  if (!person) throw new ShareLinkOver()
  return person
}
