import { isId, type OrgId, type VendorId } from '#kernel/ids'
import { type Actor, audit, by } from '#domain/audit'
import { assertMay, lockForMember, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { readFacts, type VendorFacts } from './application.ts'
import { endApplication } from './decide.ts'
import { ApplicationIsOver, ApplicationNotFound } from './errors.ts'
import { assertSlugIsFree, lockSlugs } from './slug.ts'
import { nudgeVendorWaits } from './wait.ts'

interface OfApplication {
  by: Actor
  org: OrgAccess
  /** Unchecked text. */
  id: string
  at: Date
}

/**
 * Changes an open application, also its slug. With the facts that it has, it stays the one that the operator looks at, and
 * is not audited again. Refuses `not_allowed`, `application_not_found`, `application_over`, and each wrong fact with a code
 * of its own.
 */
export async function changeApplication(
  db: Db,
  { by: actor, org, id: given, facts: wanted, at }: OfApplication & { facts: VendorFacts },
): Promise<void> {
  assertMay(org, 'manage_vendors')
  await inTransaction(db, async (tx) => {
    await lockForMember(tx, { caller: actor, org }, 'manage_vendors')
    await lockSlugs(tx)
    const { id, name } = await lockOpen(tx, org.id, given)
    await assertSlugIsFree(tx, { slug: wanted.slug, org: org.id, except: id })
    const facts = readFacts(wanted, name)
    const { numUpdatedRows } = await tx
      .updateTable('vendors')
      .set({ ...facts, changed_at: at })
      .where('id', '=', id)
      .where((is) =>
        is.or([
          is('slug', '<>', facts.slug),
          is('name', '<>', facts.name),
          is('website', 'is distinct from', facts.website),
        ]),
      )
      .executeTakeFirst()
    if (numUpdatedRows)
      await audited(tx, 'change_vendor_application', { actor, org: org.id, id, slug: facts.slug })
  })
}

/** Withdraws an open application. Its slug is free again. Refuses as `changeApplication`. */
export async function withdrawApplication(
  db: Db,
  { by: actor, org, id: given, at }: OfApplication,
): Promise<void> {
  assertMay(org, 'manage_vendors')
  await inTransaction(db, async (tx) => {
    await lockForMember(tx, { caller: actor, org }, 'manage_vendors')
    const { id } = await lockOpen(tx, org.id, given)
    const { slug } = await endApplication(tx, { id, outcome: 'withdrawn', at })
    await nudgeVendorWaits(tx, id)
    await audited(tx, 'withdraw_vendor_application', { actor, org: org.id, id, slug })
  })
}

/** Locks an open application of the org, so that the operator cannot decide about it at the same time. */
async function lockOpen(tx: Db, org: OrgId, id: string): Promise<{ id: VendorId; name: string }> {
  if (!isId('ven', id)) throw new ApplicationNotFound()
  const open = await tx
    .selectFrom('vendors')
    .select(['approved_at', 'name'])
    .where('id', '=', id)
    .where('org_id', '=', org)
    .forUpdate()
    .executeTakeFirst()
  if (open?.approved_at === null) return { id, name: open.name }
  if (open) throw new ApplicationIsOver()
  const ended = await tx
    .selectFrom('ended_applications')
    .select('vendor_id')
    .where('vendor_id', '=', id)
    .where('org_id', '=', org)
    .executeTakeFirst()
  throw ended ? new ApplicationIsOver() : new ApplicationNotFound()
}

const audited = (
  tx: Db,
  action: string,
  { actor, org, id, slug }: { actor: Actor; org: OrgId; id: VendorId; slug: string },
) =>
  audit(tx, {
    chain: `org:${org}`,
    action,
    outcome: 'done',
    ...by(actor),
    org,
    object: id,
    detail: { slug },
  })
