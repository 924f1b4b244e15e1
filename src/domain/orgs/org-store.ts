import { isId, type CustomerId, type OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { OrgRole } from '../../platform/tables.ts'
import type { OrgAccess } from './access.ts'
import { OrgNotFound } from './errors.ts'

export interface NewOrgRow {
  id: OrgId
  slug: string
  name: string
  at: Date
}

export async function addOrg(db: Db, org: NewOrgRow): Promise<void> {
  if (!(await addOrgOnce(db, org))) throw new Error(`the slug ${org.slug} is taken`)
}

/** Returns false when another org has the slug, also a deleted one. `personalOf`: whose personal org it is. */
export async function addOrgOnce(
  db: Db,
  { id, slug, name, at, personalOf }: NewOrgRow & { personalOf?: CustomerId },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('orgs')
    .values({ id, slug, name, personal_of: personalOf ?? null, created_at: at })
    .onConflict((on) => on.column('slug').doNothing())
    .executeTakeFirst()
  return Boolean(numInsertedOrUpdatedRows)
}

export async function addMember(
  db: Db,
  member: { org: OrgId; customer: CustomerId; role: OrgRole; at: Date },
): Promise<void> {
  const { org, customer, role, at } = member
  await db
    .insertInto('org_members')
    .values({ org_id: org, customer_id: customer, role, joined_at: at })
    .execute()
}

/** The orgs of a customer with the current role in each, oldest membership first. */
export async function orgsOf(db: Db, customer: CustomerId): Promise<OrgAccess[]> {
  return membershipsOf(db, customer).orderBy('m.joined_at').orderBy('o.id').execute()
}

/** Finds an org by slug or id. Refuses `org_not_found` when it does not exist or the customer is not a member. */
export async function orgForCustomer(db: Db, customer: CustomerId, ref: string): Promise<OrgAccess> {
  const found = await findMembership(db, customer, ref)
  if (!found) throw new OrgNotFound(ref)
  return found
}

/** Finds an org by slug or id. Undefined when the customer is not a member. */
export const findMembership = (db: Db, customer: CustomerId, ref: string): Promise<OrgAccess | undefined> =>
  membershipsOf(db, customer)
    .where((where) => (isId('org', ref) ? where('o.id', '=', ref) : where('o.slug', '=', ref)))
    .executeTakeFirst()

/** The current role of a customer in an org. Undefined when not a member. */
export async function liveRole(db: Db, org: OrgId, customer: CustomerId): Promise<OrgRole | undefined> {
  const found = await membershipsOf(db, customer).where('o.id', '=', org).executeTakeFirst()
  return found?.role
}

/**
 * Locks the org, so that only one action at a time changes its holdings. An insert of a row that only refers to the org
 * does not wait.
 */
export async function lockOrg(tx: Db, org: OrgId): Promise<void> {
  await tx.selectFrom('orgs').select('id').where('id', '=', org).forNoKeyUpdate().executeTakeFirstOrThrow()
}

function membershipsOf(db: Db, customer: CustomerId) {
  return db
    .selectFrom('org_members as m')
    .innerJoin('orgs as o', 'o.id', 'm.org_id')
    .select(['o.id', 'o.slug', 'o.name', 'm.role'])
    .where('m.customer_id', '=', customer)
    .where('o.deleted_at', 'is', null)
}
