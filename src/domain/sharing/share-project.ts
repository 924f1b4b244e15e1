import { type CustomerId, mintId, type ProjectId, type ShareId } from '#kernel/ids'
import { assertEmail } from '#domain/accounts'
import { countInvitation, normalEmail, type Sealing } from '#domain/identity'
import { newMailToken, queueMail, sealForMail } from '#domain/mail'
import { type Completed, completeOnce } from '#domain/operations'
import { assertMay, type Caller, lockForMember, type OrgAccess } from '#domain/orgs'
import { lockProject, ProjectIsArchived, projectOf } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import type { GuestRole } from '../../platform/tables.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { endLinksTo } from './end-shares.ts'
import { AlreadySeesProject, ShareEndIsPast, TooManyLinks, TooManyShares } from './errors.ts'

const LINK_LIVES_MS = 7 * 24 * 60 * 60_000
const MOST = 100
/** In which the links to an address are counted. */
const WINDOW_MS = 60 * 60_000

export interface Sharing {
  caller: Caller
  org: OrgAccess
  input: {
    /** Id or slug. */
    project: string
    email: string
    role: GuestRole
    /** When the access ends by itself. Default: never. */
    until?: Date | undefined
  }
  /** The idempotency key. */
  key: string | undefined
  at: Date
}

/**
 * Shares a project with the owner of an address, who gets a link by mail that works once and for 7 days. For an address
 * that has not answered yet, the new link replaces the earlier one; for a guest, role and end change at once, unused links
 * to them end, and no mail is sent; what a guest has already is not audited again. Runs as a `completeOnce` operation. Refuses `not_allowed`, `email_not_valid`, `share_end_past`,
 * `project_not_found`, `project_archived`, `already_sees_project`, `too_many_shares`, `too_many_links`.
 */
export async function shareProject(db: Db, sealing: Sealing, sharing: Sharing): Promise<Completed> {
  const { caller, org, at } = sharing
  const { role, until } = sharing.input
  assertMay(org, 'share_projects')
  assertEmail(sharing.input.email)
  const email = normalEmail(sharing.input.email)
  return inTransaction(db, async (tx) => {
    await lockForMember(tx, sharing, 'share_projects')
    const { id: project, slug, name } = await projectOf(tx, org.id, sharing.input.project)
    const input = { project, email, role, until: until?.toISOString() }
    return completeOnce(tx, { ...sharing, story: 'share_project', input }, async () => {
      if (until && until <= at) throw new ShareEndIsPast()
      if ((await lockProject(tx, project)).archivedAt) throw new ProjectIsArchived(slug)
      await refuseMembers(tx, org, email)
      const open = await openShares(tx, project)
      const known = shareWith(email, open)
      if (!known) await makeRoom(tx, open, at)
      const id = known?.id ?? mintId('shr', at, Math.random)
      const terms = { role, expires_at: until ?? null }
      let isUnchanged = false
      if (known?.customer_id) {
        await tx.updateTable('project_shares').set(terms).where('id', '=', id).execute()
        const ended = await endLinksTo(tx, { org: org.id, project, email, because: 'replaced', at })
        isUnchanged = !ended && known.role === role && known.expires_at?.getTime() === until?.getTime()
      } else {
        await countLink(tx, sharing, email)
        const { tokenHash, mail } = newLink(sealing, at)
        await writePending(tx, { id, org, project, email, by: caller.customer, terms, tokenHash, at })
        const data = { org: org.name, project: name, role, by: await nameOf(tx, caller.customer) }
        await queueMail(tx, { kind: 'project_shared', to: email, data, at, ...mail })
      }
      const outcome = known?.customer_id ? 'changed' : known ? 'sent_again' : 'sent'
      const ends = until && { until: until.toISOString() }
      const result = { share: id, project, email, role, outcome, ...ends }
      const detail = { project, role, outcome, ...ends, ...before(known) }
      return { result, object: id, detail, isUnchanged }
    })
  })
}

/** What gives access to the project, or offers it. `guest`: the present address of the one who accepted it. */
const openShares = (tx: Db, project: ProjectId) =>
  tx
    .selectFrom('project_shares as s')
    .leftJoin('customers as g', 'g.id', 's.customer_id')
    .select(['s.id', 's.email_norm', 's.customer_id', 'g.email_norm as guest', 's.role'])
    .select(['s.expires_at', 's.link_expires_at'])
    .where('s.project_id', '=', project)
    .where('s.ended_at', 'is', null)
    .forUpdate('s')
    .execute()

type OpenShare = Awaited<ReturnType<typeof openShares>>[number]

/** The share with the guest who has this address now, or the unused link to it. A guest may have changed the address. */
const shareWith = (email: string, open: readonly OpenShare[]): OpenShare | undefined =>
  open.find(({ guest }) => guest === email) ??
  open.find(({ customer_id, email_norm }) => !customer_id && email_norm === email)

/** Ends what gives access no more when there are too many. Refuses `too_many_shares`. */
async function makeRoom(tx: Db, open: readonly OpenShare[], at: Date): Promise<void> {
  if (open.length < MOST) return
  const over = open.filter(
    ({ customer_id, expires_at, link_expires_at }) =>
      (expires_at && expires_at <= at) || (!customer_id && link_expires_at <= at),
  )
  if (!over.length) throw new TooManyShares(MOST)
  const ids = over.map(({ id }) => id)
  const ended = { ended_at: at, ended_because: 'replaced' }
  await tx.updateTable('project_shares').set(ended).where('id', 'in', ids).execute()
}

/** For the audit log: what a guest had until now. */
const before = (known: OpenShare | undefined) =>
  known?.customer_id && {
    role_before: known.role,
    ...(known.expires_at && { until_before: known.expires_at.toISOString() }),
  }

async function refuseMembers(tx: Db, { id, slug }: OrgAccess, email: string): Promise<void> {
  const member = await tx
    .selectFrom('org_members as m')
    .innerJoin('customers as u', 'u.id', 'm.customer_id')
    .select('u.id')
    .where('m.org_id', '=', id)
    .where('u.email_norm', '=', email)
    .executeTakeFirst()
  if (member) throw new AlreadySeesProject(slug)
}

async function countLink(tx: Db, { caller, org, at }: Sharing, address: string): Promise<void> {
  const to = { kind: 'share', address, windowMs: WINDOW_MS }
  const over = await countInvitation(tx, { org: org.id, person: caller.customer, to }, at)
  if (over) throw new TooManyLinks(over.limit, over.seconds)
}

/** A new link for one mail. */
function newLink(sealing: Sealing, at: Date) {
  const token = newMailToken()
  const giveUpAt = endOfLink(at)
  return { tokenHash: token.tokenHash, mail: { ...sealForMail(sealing, token), giveUpAt } }
}

const endOfLink = (at: Date) => new Date(at.getTime() + LINK_LIVES_MS)

interface Pending {
  id: ShareId
  org: OrgAccess
  project: ProjectId
  email: string
  by: CustomerId
  terms: { role: GuestRole; expires_at: Date | null }
  tokenHash: Buffer
  at: Date
}

async function writePending(tx: Db, share: Pending): Promise<void> {
  const link = { token_hash: share.tokenHash, link_expires_at: endOfLink(share.at) }
  const sent = { ...share.terms, shared_by: share.by, ...link }
  await tx
    .insertInto('project_shares')
    .values({
      id: share.id,
      org_id: share.org.id,
      project_id: share.project,
      email_norm: share.email,
      created_at: share.at,
      ...sent,
    })
    .onConflict((on) => on.column('id').doUpdateSet(sent))
    .execute()
}

async function nameOf(tx: Db, customer: CustomerId): Promise<string> {
  const found = await tx
    .selectFrom('customers')
    .select('display_name')
    .where('id', '=', customer)
    .executeTakeFirstOrThrow()
  return found.display_name
}
