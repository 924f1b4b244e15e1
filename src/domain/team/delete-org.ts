import { audit, by } from '#domain/audit'
import { queueMail } from '#domain/mail'
import { assertMay, lockOrgToDelete, markOrgDeleted, orgForCustomer } from '#domain/orgs'
import type { OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { NameNotTyped, OrgInUse } from './errors.ts'
import { deletionBlockersOf } from './deletion-blockers.ts'
import { markAllRevoked } from './invite-store.ts'
import { inChainOf, type OrgChange } from './in-org.ts'

/**
 * Deletes an org: every later request in it finds nothing, and the keys of its projects stop. Its rows and its audit log
 * stay. Only in the browser. `confirm`: the typed slug. Refuses `not_allowed`, `name_not_typed`, `org_in_use`.
 */
export async function deleteOrg(
  db: Db,
  { caller, org: { id }, confirm, at }: OrgChange & { confirm: string },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await lockOrgToDelete(tx, id)
    const org = await orgForCustomer(tx, caller.customer, id)
    assertMay(org, 'own_org')
    if (confirm.trim() !== org.slug) throw new NameNotTyped(org.slug)
    const holds = await deletionBlockersOf(tx, { org: id, at })
    if (holds.length) throw new OrgInUse(holds)
    const revokedInvites = await markAllRevoked(tx, id, at)
    await markOrgDeleted(tx, { org: id, at })
    for (const to of await ownersOf(tx, id)) {
      const data = { org: org.name, slug: org.slug, at: at.toISOString() }
      await queueMail(tx, { kind: 'org_deleted', to, data, key: `org_deleted/${id}/${to}`, at })
    }
    const detail = { ...(revokedInvites && { revokedInvites }) }
    await audit(tx, { ...inChainOf(org, 'delete_org', id), ...by(caller), detail })
  })
}

async function ownersOf(tx: Db, org: OrgId): Promise<string[]> {
  const rows = await tx
    .selectFrom('org_members as m')
    .innerJoin('customers as u', 'u.id', 'm.customer_id')
    .select('u.email_norm')
    .where('m.org_id', '=', org)
    .where('m.role', '=', 'owner')
    .where('u.disabled_at', 'is', null)
    .execute()
  return rows.map(({ email_norm }) => email_norm)
}
