import type { CustomerId, OrgId, VendorId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { type MailData, queueMail } from '#domain/mail'
import { managersOf } from '#domain/orgs'
import { logPastOf } from '#domain/transparency'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { nudgeVendorWaits } from './wait.ts'

export interface OpenApplication {
  id: VendorId
  slug: string
  name: string
  website: string | undefined
  /** Slug of the org. */
  org: string
  appliedAt: Date
  changedAt: Date | undefined
}

/** All open applications, oldest first. Uses the index `vendor_applications`. */
export async function openApplications(db: Db): Promise<OpenApplication[]> {
  const rows = await db
    .selectFrom('vendors as v')
    .innerJoin('orgs as o', 'o.id', 'v.org_id')
    .select(['v.id', 'v.slug', 'v.name', 'v.website', 'o.slug as org', 'v.created_at', 'v.changed_at'])
    .where('v.approved_at', 'is', null)
    .orderBy('v.id')
    .execute()
  return rows.map(({ website, created_at, changed_at, ...row }) => ({
    ...row,
    website: website ?? undefined,
    appliedAt: created_at,
    changedAt: changed_at ?? undefined,
  }))
}

/** `is_approved`: it was approved before, and nothing was done. Undefined: nobody applied for this slug. */
export type Decision = 'done' | 'is_approved' | undefined

/** For the operator. Approves the open application for a slug, and reports it by mail. A repetition does nothing. */
export async function approveVendor(db: Db, { slug, at }: { slug: string; at: Date }): Promise<Decision> {
  return inTransaction(db, async (tx) => {
    const found = await lockedBySlug(tx, slug)
    if (!found || found.approvedAt) return found && 'is_approved'
    await approve(tx, found, at)
    return 'done'
  })
}

/** For the operator. Declines the open application for a slug, and reports the reason by mail. The slug is free again. */
export async function declineVendor(
  db: Db,
  { slug, reason, at }: { slug: string; reason: string; at: Date },
): Promise<Decision> {
  return inTransaction(db, async (tx) => {
    const found = await lockedBySlug(tx, slug)
    if (!found || found.approvedAt) return found && 'is_approved'
    const { id, org } = found
    await endApplication(tx, { id, outcome: 'declined', reason, at })
    await nudgeVendorWaits(tx, id, at)
    await reportByMail(tx, found, { kind: 'vendor_declined', data: { slug, org: found.orgName, reason }, at })
    await audited(tx, 'decline_vendor', { id, org, slug })
    return 'done'
  })
}

/** For a market that approves each application at once, in the transaction of the application. */
export async function approveByItself(tx: Db, { id, at }: { id: VendorId; at: Date }): Promise<void> {
  await approve(tx, await asApplied(open(tx).where('v.id', '=', id).executeTakeFirstOrThrow()), at)
}

/** Moves an application that is open and locked to the ended ones. */
export async function endApplication(
  tx: Db,
  ending:
    | { id: VendorId; outcome: 'withdrawn'; at: Date }
    | { id: VendorId; outcome: 'declined'; reason: string; at: Date },
): Promise<{ slug: string }> {
  const { id, outcome, at } = ending
  const row = await tx
    .deleteFrom('vendors')
    .where('id', '=', id)
    .where('approved_at', 'is', null)
    .returning(['org_id', 'slug', 'name', 'website', 'terms_version', 'applied_by', 'created_at'])
    .executeTakeFirstOrThrow()
  const { created_at: applied_at, ...facts } = row
  const reason = outcome === 'declined' ? ending.reason : null
  await tx
    .insertInto('ended_applications')
    .values({ vendor_id: id, ...facts, applied_at, outcome, reason, ended_at: at })
    .execute()
  return { slug: row.slug }
}

interface Applied {
  id: VendorId
  slug: string
  org: OrgId
  orgName: string
  appliedBy: CustomerId | undefined
  approvedAt: Date | undefined
}

/** What was published while the vendor was unknown becomes public, so it is logged. */
async function approve(tx: Db, vendor: Applied, at: Date): Promise<void> {
  const { id, slug, orgName } = vendor
  await tx.updateTable('vendors').set({ approved_at: at }).where('id', '=', id).execute()
  await logPastOf(tx, { vendor: id })
  await nudgeVendorWaits(tx, id, at)
  await reportByMail(tx, vendor, { kind: 'vendor_approved', data: { slug, org: orgName }, at })
  await audited(tx, 'approve_vendor', vendor)
}

const lockedBySlug = async (tx: Db, slug: string): Promise<Applied | undefined> => {
  const row = await open(tx).where('v.slug', '=', slug).forUpdate('v').executeTakeFirst()
  return row && asApplied(Promise.resolve(row))
}

const open = (tx: Db) =>
  tx
    .selectFrom('vendors as v')
    .innerJoin('orgs as o', 'o.id', 'v.org_id')
    .select(['v.id', 'v.slug', 'v.org_id', 'o.name', 'v.applied_by', 'v.approved_at'])

type Row = Awaited<ReturnType<ReturnType<typeof open>['executeTakeFirstOrThrow']>>

async function asApplied(found: Promise<Row>): Promise<Applied> {
  const { id, slug, org_id: org, name: orgName, applied_by, approved_at } = await found
  return { id, slug, org, orgName, appliedBy: applied_by ?? undefined, approvedAt: approved_at ?? undefined }
}

type Report = { [Kind in 'vendor_approved' | 'vendor_declined']: { kind: Kind; data: MailData[Kind] } }[
  'vendor_approved' | 'vendor_declined']

/** Mails the applicant. When the applicant may not act for the org any more, mails everybody who may. */
async function reportByMail(
  tx: Db,
  { id, org, appliedBy }: Pick<Applied, 'id' | 'org' | 'appliedBy'>,
  { at, ...report }: Report & { at: Date },
): Promise<void> {
  const managers = await managersOf(tx, org)
  const applicant = managers.filter((each) => each.id === appliedBy)
  for (const { id: person, email: to } of applicant.length ? applicant : managers)
    await queueMail(tx, { ...report, to, key: `${report.kind}:${id}:${person}`, at })
}

/** Written to the chain of the org and to the chain `platform`. Names no member of the org. */
async function audited(
  tx: Db,
  action: 'approve_vendor' | 'decline_vendor',
  { id, org, slug }: Pick<Applied, 'id' | 'org' | 'slug'>,
): Promise<void> {
  const event = { action, outcome: 'done', org, object: id, detail: { slug } } as const
  await audit(tx, { chain: `org:${org}`, ...event })
  await audit(tx, { chain: 'platform', ...event })
}
