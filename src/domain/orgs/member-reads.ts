import { type SqlBool, sql } from 'kysely'
import type { CustomerId, OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { OrgRole } from '../../platform/tables.ts'

export interface OrgMember {
  id: CustomerId
  displayName: string
  email: string
  role: OrgRole
  joinedAt: Date
}

interface PageOf<Key> {
  org: OrgId
  limit: number
  /** The last row of the page before. */
  after?: Key | undefined
}

/** The members of an org, oldest first. Disabled people are members, too. */
export async function listOrgMembers(
  db: Db,
  { org, limit, after }: PageOf<Pick<OrgMember, 'id' | 'joinedAt'>>,
): Promise<OrgMember[]> {
  const rows = await db
    .selectFrom('org_members as m')
    .innerJoin('customers as u', 'u.id', 'm.customer_id')
    .select(['u.id', 'u.display_name', 'u.email_norm', 'm.role', 'm.joined_at'])
    .where('m.org_id', '=', org)
    .where(
      after ? sql<SqlBool>`(m.joined_at, m.customer_id) > (${after.joinedAt}, ${after.id})` : sql.lit(true),
    )
    .orderBy('m.joined_at')
    .orderBy('m.customer_id')
    .limit(limit)
    .execute()
  return rows.map(({ id, display_name, email_norm, role, joined_at }) => ({
    id,
    displayName: display_name,
    email: email_norm,
    role,
    joinedAt: joined_at,
  }))
}

/** Id → name, of those who are members of the org now. */
export async function namesOfMembers(
  db: Db,
  org: OrgId,
  ids: readonly CustomerId[],
): Promise<Map<CustomerId, string>> {
  if (!ids.length) return new Map()
  const rows = await db
    .selectFrom('org_members as m')
    .innerJoin('customers as u', 'u.id', 'm.customer_id')
    .select(['u.id', 'u.display_name'])
    .where('m.org_id', '=', org)
    .where('m.customer_id', 'in', [...new Set(ids)])
    .execute()
  return new Map(rows.map(({ id, display_name }) => [id, display_name]))
}

/** `email`: as `normalEmail` returns it. Undefined when no member of the org has the address. */
export async function memberWithAddress(
  db: Db,
  { org, email }: { org: OrgId; email: string },
): Promise<CustomerId | undefined> {
  const row = await db
    .selectFrom('customers as u')
    .innerJoin('org_members as m', 'm.customer_id', 'u.id')
    .select('u.id')
    .where('u.email_norm', '=', email)
    .where('m.org_id', '=', org)
    .executeTakeFirst()
  return row?.id
}

/** The owners and admins of an org, to whom mail about it goes. */
export async function managersOf(db: Db, org: OrgId): Promise<{ id: CustomerId; email: string }[]> {
  const rows = await db
    .selectFrom('org_members as m')
    .innerJoin('customers as u', 'u.id', 'm.customer_id')
    .select(['u.id', 'u.email_norm'])
    .where('m.org_id', '=', org)
    .where('m.role', 'in', ['owner', 'admin'])
    .where('u.disabled_at', 'is', null)
    .orderBy('u.id')
    .execute()
  return rows.map(({ id, email_norm: email }) => ({ id, email }))
}
