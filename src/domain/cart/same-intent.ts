import type { OperationId, OrgId } from '#kernel/ids'
import { holdsSlots } from '#domain/licensing'
import { refuseTakenName } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import { PackagesAreBeingBought } from './errors.ts'
import type { Plan } from './planned-item.ts'
import type { Destination, Purchase } from './purchase.ts'

interface Intent {
  org: OrgId
  purchase: Purchase
  destination: Destination
  plan: Plan
}

/**
 * Refuses a purchase that another one has made or is making, unless a person wants two (`force_another`): what
 * `refuseTakenName` refuses for a new project, and `already_being_bought` for packages that an open purchase buys, when
 * that purchase waits for a person, when it is for the same project, or when neither of the two gives them to a project.
 * Call it with the org locked: of two purchases at once, the second one sees the order of the first.
 */
export async function refuseSameIntent(db: Db, { org, purchase, destination, plan }: Intent): Promise<void> {
  const { new_project, force_another } = purchase
  if (force_another) return
  if (new_project) await refuseTakenName(db, { org, name: new_project.name, field: 'new_project' })
  const bought = plan.items.filter(({ action }) => action === 'buy')
  if (!bought.length) return
  const { project, assignsLicences } = destination
  for (const other of await openPurchases(db, org)) {
    const isForSame = other.project !== undefined && [project?.id, project?.slug].includes(other.project)
    if (!other.isWaiting && !isForSame && (assignsLicences || other.holdsSlots)) continue
    const twice = bought.filter(({ packageId, edition }) =>
      other.items.some((each) => each.package_id === packageId && each.edition === edition),
    )
    if (twice.length)
      throw new PackagesAreBeingBought(
        twice.map(({ name }) => name),
        other.operation,
      )
  }
}

interface OpenPurchase {
  operation: OperationId
  isWaiting: boolean
  /** Id or slug of the project that it names. */
  project: string | undefined
  /** A project gets what it buys: it has reserved the slots. */
  holdsSlots: boolean
  /** What it buys. A renewal of a licence is no second licence. */
  items: Array<{ package_id: string; edition: string }>
}

/** The purchases of an org whose order is open. Uses the index `open_orders_by_time`. */
async function openPurchases(db: Db, org: OrgId): Promise<OpenPurchase[]> {
  const orders = await db
    .selectFrom('orders as o')
    .innerJoin('operations as p', 'p.id', 'o.operation_id')
    .select(['o.id', 'o.operation_id', 'p.status', 'p.input'])
    .select(holdsSlots.as('holds_slots'))
    .where('o.org_id', '=', org)
    .where('o.closed_at', 'is', null)
    .where('o.cancelled_at', 'is', null)
    .where('p.status', 'in', ['running', 'waiting_for_you'])
    .orderBy('o.id')
    .execute()
  if (!orders.length) return []
  const items = await db
    .selectFrom('order_items as i')
    .innerJoin('order_lines as l', 'l.id', 'i.line_id')
    .leftJoin('licence_renewals as r', 'r.item_id', 'i.id')
    .select(['l.order_id', 'i.package_id', 'i.edition'])
    .where(
      'l.order_id',
      'in',
      orders.map(({ id }) => id),
    )
    .where('l.voided_at', 'is', null)
    .where('r.item_id', 'is', null)
    .execute()
  return orders.map(({ id, operation_id, status, input, holds_slots }) => ({
    operation: operation_id,
    isWaiting: status === 'waiting_for_you',
    project: (input as Purchase).project,
    holdsSlots: holds_slots,
    items: items.filter(({ order_id }) => order_id === id),
  }))
}
