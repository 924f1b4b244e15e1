import type { NotNull } from 'kysely'
import type { OrgId, VendorId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import type { Edition } from '#kernel/schemas'
import { packagesOfVendors, type VendorPackage } from '#domain/catalogue'
import type { Db } from '../../platform/database.ts'
import type { PriceModel } from '../../platform/tables.ts'
import { type Application, endedApplications } from './application.ts'
import { type ListedVendor, listVendors } from './list-vendors.ts'

const PACKAGES_SHOWN = 20
const SALES_SHOWN = 10
const ENDED_SHOWN = 5

interface Sale {
  package: string
  edition: Edition
  model: PriceModel
  price: Money
  paidAt: Date
}

export interface Dashboard {
  vendors: ListedVendor[]
  ended: Application[]
  /** Those whose last look failed come first, then the newest ones. At most 20. */
  packages: VendorPackage[]
  /** All packages of all vendors. */
  packageCount: number
  /** The last 10. Undefined for a role that may not see them. */
  sales: Sale[] | undefined
}

/** The vendors of an org and what they sell. Needs four statements, or two for an org without vendors and applications. */
export async function dashboardOf(
  db: Db,
  { org, seesSales }: { org: OrgId; seesSales: boolean },
): Promise<Dashboard> {
  const [vendors, ended] = await Promise.all([listVendors(db, org), endedApplications(db, org, ENDED_SHOWN)])
  const ids = vendors.filter(({ approvedAt }) => approvedAt).map(({ id }) => id)
  const [{ packages, count: packageCount }, sales] = await Promise.all([
    packagesOfVendors(db, { vendors: ids, limit: PACKAGES_SHOWN }),
    seesSales && ids.length ? salesOf(db, ids) : [],
  ])
  return { vendors, ended, packages, packageCount, sales: seesSales ? sales : undefined }
}

/** Uses the index `order_lines_by_vendor`. Returns nothing about the buyers. */
async function salesOf(db: Db, vendors: readonly VendorId[]): Promise<Sale[]> {
  const rows = await db
    .selectFrom('paid_lines as l')
    .innerJoin('order_items as i', 'i.line_id', 'l.id')
    .innerJoin('packages as p', 'p.id', 'i.package_id')
    .select(['p.name', 'i.edition', 'i.model', 'i.price_amount', 'i.currency', 'l.paid_at'])
    .where('l.vendor_id', 'in', vendors)
    .orderBy('l.id', 'desc')
    .orderBy('p.name')
    .limit(SALES_SHOWN)
    .$narrowType<{ paid_at: NotNull }>()
    .execute()
  return rows.map(({ name, edition, model, price_amount: amountMinor, currency, paid_at: paidAt }) => ({
    package: name,
    edition,
    model,
    price: { amountMinor, currency },
    paidAt,
  }))
}

/** What an org can do next as a vendor. Each door has its own words for it. */
export type VendorStep =
  | 'apply'
  | 'await_approval'
  | 'connect_git'
  | 'reconnect_git'
  | 'publish'
  | 'mend_sync'
  | 'no_payouts_yet'

/** In the order in which they are useful. `integrations`: undefined when the person may not see them. */
export function nextVendorSteps(
  { vendors, packages, packageCount }: Pick<Dashboard, 'vendors' | 'packages' | 'packageCount'>,
  integrations: readonly { state: 'connected' | 'broken' }[] | undefined,
): VendorStep[] {
  const approved = vendors.filter(({ status }) => status === 'approved')
  const steps: (VendorStep | false)[] = [
    !vendors.length && 'apply',
    vendors.some(({ status }) => status === 'applied') && 'await_approval',
    vendors.length > 0 && integrations?.length === 0 && 'connect_git',
    (integrations?.some(({ state }) => state === 'broken') ?? false) && 'reconnect_git',
    approved.length > 0 && !packageCount && 'publish',
    packages.some(({ syncError }) => syncError) && 'mend_sync',
    approved.some(({ isPayable }) => !isPayable) && 'no_payouts_yet',
  ]
  return steps.filter((step) => step !== false)
}
