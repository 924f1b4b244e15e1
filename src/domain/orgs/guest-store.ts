import type { NotNull } from 'kysely'
import { isId, type CustomerId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { OrgNotFound } from './errors.ts'
import type { OrgAccess } from './access.ts'
import type { Access, GuestOrg } from './guest-access.ts'
import { findMembership, orgsOf } from './org-store.ts'

/**
 * Finds an org by slug or id, for a member or a guest of it; who is a member is no guest. Refuses `org_not_found` when it
 * does not exist or the customer is neither.
 */
export async function accessTo(db: Db, customer: CustomerId, ref: string): Promise<Access> {
  const member = await findMembership(db, customer, ref)
  if (member) return member
  const guest = await guestAccess(db, customer, ref)
  if (!guest) throw new OrgNotFound(ref)
  return guest
}

/** What a guest has of an org, by slug or id. Undefined for everybody else. */
export const guestAccess = async (db: Db, customer: CustomerId, ref: string): Promise<GuestOrg | undefined> =>
  (await guestsIn(db, customer, ref))[0]

/** The orgs that a customer reaches: as a member, oldest membership first, then as a guest. */
export const accessesOf = async (db: Db, customer: CustomerId): Promise<(OrgAccess | GuestOrg)[]> =>
  (await Promise.all([orgsOf(db, customer), guestOrgsOf(db, customer)])).flat()

/** The orgs of which a customer is a guest now, by slug. */
export const guestOrgsOf = (db: Db, customer: CustomerId): Promise<GuestOrg[]> => guestsIn(db, customer)

async function guestsIn(db: Db, customer: CustomerId, ref?: string): Promise<GuestOrg[]> {
  const rows = await db
    .selectFrom('project_guests as g')
    .innerJoin('orgs as o', 'o.id', 'g.org_id')
    .innerJoin('projects as p', 'p.id', 'g.project_id')
    .select([
      'o.id',
      'o.slug',
      'o.name',
      'g.project_id',
      'g.role',
      'p.slug as project_slug',
      'p.name as project_name',
    ])
    .where('g.customer_id', '=', customer)
    .where('o.deleted_at', 'is', null)
    .$if(ref !== undefined, (query) =>
      query.where((where) =>
        ref !== undefined && isId('org', ref) ? where('o.id', '=', ref) : where('o.slug', '=', ref ?? ''),
      ),
    )
    .orderBy('o.slug')
    .orderBy('p.slug')
    .$narrowType<{ project_id: NotNull; role: NotNull }>()
    .execute()
  const found = new Map<string, GuestOrg & { shared: GuestOrg['shared'][number][] }>()
  for (const { id, slug, name, project_id: project, role, ...shown } of rows) {
    const access = found.get(id) ?? { guestOf: id, slug, name, shared: [] }
    access.shared.push({ project, role, slug: shown.project_slug, name: shown.project_name })
    found.set(id, access)
  }
  return [...found.values()]
}
