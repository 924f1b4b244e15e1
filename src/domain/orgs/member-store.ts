import type { CustomerId, OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { OrgRole } from '../../platform/tables.ts'

export interface Membership {
  customer: CustomerId
  displayName: string
  email: string
  role: OrgRole
  /** The operator has disabled the account. */
  isDisabled: boolean
  /** It is the personal org of this member. */
  isPersonal: boolean
}

/** One member of an org. Undefined for everybody else. */
export async function findMember(
  db: Db,
  { org, customer }: { org: OrgId; customer: CustomerId },
): Promise<Membership | undefined> {
  const row = await db
    .selectFrom('org_members as m')
    .innerJoin('customers as u', 'u.id', 'm.customer_id')
    .innerJoin('orgs as o', 'o.id', 'm.org_id')
    .select(['u.id', 'u.display_name', 'u.email_norm', 'u.disabled_at', 'm.role', 'o.personal_of'])
    .where('m.org_id', '=', org)
    .where('m.customer_id', '=', customer)
    .executeTakeFirst()
  return (
    row && {
      customer: row.id,
      displayName: row.display_name,
      email: row.email_norm,
      role: row.role,
      isDisabled: row.disabled_at !== null,
      isPersonal: row.personal_of === row.id,
    }
  )
}

/** Whether somebody else is an owner who can sign in. Call it under `lockOrg`. */
export async function hasOtherOwner(
  tx: Db,
  { org, customer }: { org: OrgId; customer: CustomerId },
): Promise<boolean> {
  const other = await tx
    .selectFrom('org_members as m')
    .innerJoin('customers as u', 'u.id', 'm.customer_id')
    .select('u.id')
    .where('m.org_id', '=', org)
    .where('m.customer_id', '<>', customer)
    .where('m.role', '=', 'owner')
    .where('u.disabled_at', 'is', null)
    .limit(1)
    .executeTakeFirst()
  return other !== undefined
}

/** Call it under `lockOrg`. */
export async function setRole(
  tx: Db,
  { org, customer, role }: { org: OrgId; customer: CustomerId; role: OrgRole },
): Promise<void> {
  await tx
    .updateTable('org_members')
    .set({ role })
    .where('org_id', '=', org)
    .where('customer_id', '=', customer)
    .execute()
}

/** Ends a membership; the next request in the org is refused. Call it under `lockOrg`. */
export async function deleteMember(
  tx: Db,
  { org, customer }: { org: OrgId; customer: CustomerId },
): Promise<void> {
  await tx.deleteFrom('org_members').where('org_id', '=', org).where('customer_id', '=', customer).execute()
}

/** Call it under `lockOrg`. */
export async function setOrgName(tx: Db, { org, name }: { org: OrgId; name: string }): Promise<void> {
  await tx.updateTable('orgs').set({ name }).where('id', '=', org).execute()
}

/** Its rows stay, and its slug stays taken. Call it under `lockOrgToDelete`. */
export async function markOrgDeleted(tx: Db, { org, at }: { org: OrgId; at: Date }): Promise<void> {
  await tx.updateTable('orgs').set({ deleted_at: at }).where('id', '=', org).execute()
}

/** As `lockOrg`, but an insert of a row that refers to the org waits, too: nothing begins while the org is deleted. */
export async function lockOrgToDelete(tx: Db, org: OrgId): Promise<void> {
  await tx.selectFrom('orgs').select('id').where('id', '=', org).forUpdate().executeTakeFirstOrThrow()
}

/** The name of an org, also of a deleted one, for somebody who has worked in it. */
export async function nameOfOrg(db: Db, org: OrgId): Promise<string | undefined> {
  const row = await db.selectFrom('orgs').select('name').where('id', '=', org).executeTakeFirst()
  return row?.name
}
