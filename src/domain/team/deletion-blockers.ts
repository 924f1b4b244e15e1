import { sql } from 'kysely'
import { hasPaidLicence } from '#domain/licensing'
import { listVendors } from '#domain/vendors'
import type { OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/**
 * What keeps an org from being deleted: it is somebody's personal org, an operation runs or waits, a paid licence is in
 * force, a package of it was sold, it sells or applies to sell, it has saved cards or connected Git hosts.
 */
const BLOCKERS = ['personal', 'operations', 'licences', 'sold_packages', 'vendors', 'cards', 'git'] as const
export type DeletionBlocker = (typeof BLOCKERS)[number]

type Found = Record<Exclude<DeletionBlocker, 'licences'>, boolean>

/** Call it under `lockOrgToDelete`, so that nothing is added meanwhile. */
export async function deletionBlockersOf(
  db: Db,
  { org, at }: { org: OrgId; at: Date },
): Promise<DeletionBlocker[]> {
  const { rows } = await sql<Found>`
    select o.personal_of is not null as personal,
           exists (select from operations p where p.org_id = o.id and p.finished_at is null)
             or exists (select from orders d where d.org_id = o.id and d.closed_at is null and d.cancelled_at is null) as operations,
           exists (select from vendors v join paid_lines n on n.vendor_id = v.id
                    where v.org_id = o.id) as sold_packages,
           exists (select from vendors v join package_offers f on f.vendor_id = v.id
                    where v.org_id = o.id and f.is_public) as vendors,
           exists (select from payment_methods c where c.org_id = o.id and c.removed_at is null) as cards,
           exists (select from git_integrations g where g.org_id = o.id and g.disconnected_at is null) as git
      from orgs o
     where o.id = ${org}`.execute(db)
  const licences = await hasPaidLicence(db, { org, at })
  const applies = (await listVendors(db, org)).some(({ status }) => status === 'applied')
  const [found] = rows
  const holds = found && { ...found, licences, vendors: found.vendors || applies }
  return BLOCKERS.filter((each) => holds?.[each])
}
