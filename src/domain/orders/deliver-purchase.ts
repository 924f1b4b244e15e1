import type { PurchaseOutcome } from '#contracts/purchase'
import { asRefusal } from '#kernel/errors'
import type { OperationId, ProjectId, ProjectTokenId } from '#kernel/ids'
import { sumOf } from '#kernel/money'
import type { Seller } from '#kernel/seller'
import { audit, by } from '#domain/audit'
import { issueInvoice, mailReceipt } from '#domain/invoices'
import { activateReserved, releaseSlots, settleRenewals, unsettledRenewal } from '#domain/licensing'
import { operationContext, type OperationContext } from '#domain/operations'
import { liveRole, lockOrg, may } from '#domain/orgs'
import { createProject, findProject, lockProject, mintTokenFor, type ProjectSetUp } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { PurchaseWasInterrupted } from './errors.ts'
import { lockOrder, type Order } from './order-store.ts'
import { coveredInVain, missingIn, outcomeOf, type RefusedLine } from './purchase-outcome.ts'
import { emptyCart, purchaseIn, returnNames, returnToCart } from '#domain/cart'

export interface Delivery {
  operationId: OperationId
  /** The id of the project, if the purchase creates one. */
  newProjectId: ProjectId
  tokenId: ProjectTokenId
  /** The lines that were not bought, and why. */
  refused: readonly RefusedLine[]
  publicUrl: string
  seal: ProjectSetUp['seal']
  /** As invoices name it. */
  seller: Seller
  at: Date
}

/**
 * The last step of a purchase, in one transaction: creates the project if requested, activates the reserved licences on
 * it, mints its token, issues the invoice, and closes the order. Without a project that may get them (`destination`), the licences stay
 * with the org. Returns the result of the operation. A second run returns the same result. Refuses
 * `purchase_interrupted` for an order that was undone, and throws for one that is not settled.
 */
export async function deliverPurchase(db: Db, delivery: Delivery): Promise<PurchaseOutcome> {
  const { operationId, at } = delivery
  return inTransaction(db, async (tx) => {
    const context = await operationContext(tx, operationId)
    // removing a member locks the org, too: either the list of that removal has the key, or no key is made
    await lockOrg(tx, context.orgId)
    const { order, isCancelled } = await lockOrder(tx, operationId)
    if (!order) throw new Error(`${operationId} has no order to deliver`)
    if (isCancelled) throw new PurchaseWasInterrupted()
    // a retry after a lost result: the first decision stays valid, even if the role or the project has
    // changed since
    if (order.isClosed)
      return outcomeOf(tx, withVoidLines(delivery, order), {
        order,
        org: context.orgId,
        project: order.deliveredTo,
      })
    await settlePaidRenewals(tx, order, at)
    await assertSettled(tx, order)
    const project = await destination(tx, delivery, context)
    if (project) {
      await activateReserved(tx, { operation: operationId, project, at })
      const { seal, tokenId: token } = delivery
      const { credentials } = purchaseIn(context.started)
      const mint = { caller: context.caller, operation: operationId, project, token, credentials, seal, at }
      await mintTokenFor(tx, mint)
    }
    await releaseSlots(tx, operationId)
    const result = await outcomeOf(tx, delivery, { order, org: context.orgId, project })
    await closeOrder(tx, { order, project, context, refused: delivery.refused, seller: delivery.seller, at })
    return result
  })
}

/** A run that replaces a lost one does not know why its void lines were refused. */
function withVoidLines(delivery: Delivery, { lines }: Order): Delivery {
  const { refused } = delivery
  const unknown = lines.filter(({ id, isVoid }) => isVoid && !refused.some(({ line }) => line === id))
  const why = asRefusal(new PurchaseWasInterrupted())
  return { ...delivery, refused: [...refused, ...unknown.map(({ id: line }) => ({ line, ...why }))] }
}

/** `settleLine` has done this, unless a worker of an older build ran it, which knows no renewals. */
async function settlePaidRenewals(tx: Db, { lines }: Order, at: Date): Promise<void> {
  for (const { id, isPaid, isVoid } of lines) if (isPaid && !isVoid) await settleRenewals(tx, id, at)
}

/**
 * Throws, so that it is tried again, unless each line is void, or paid with valid licences. After the database was
 * restored, a run may be ahead of its rows: it knows a payment that no row has. Nothing is delivered until the run was
 * ended and another one has gone on from the rows (docs/recovery.md).
 */
async function assertSettled(tx: Db, order: Order): Promise<void> {
  const unpaid = await tx
    .selectFrom('order_lines as l')
    .leftJoin('order_items as i', 'i.line_id', 'l.id')
    .leftJoin('licences as n', 'n.order_item_id', 'i.id')
    .select('l.id')
    .where('l.order_id', '=', order.id)
    .where('l.voided_at', 'is', null)
    .where((or) => or.or([or('l.paid_at', 'is', null), or('n.status', '=', 'reserved')]))
    .executeTakeFirst()
  const lines = order.lines.filter(({ isVoid }) => !isVoid).map(({ id }) => id)
  const unsettled = unpaid?.id ?? (await unsettledRenewal(tx, lines))
  if (unsettled) throw new Error(`${unsettled} is not settled: the run is ahead of its rows`)
}

/**
 * The project that gets the licences. Creates a new one with `newProjectId`. Undefined when no project was requested,
 * when the project is archived by now, or when the caller's role no longer allows it.
 */
async function destination(
  tx: Db,
  { newProjectId, at }: Delivery,
  { orgId, caller, started }: OperationContext,
): Promise<ProjectId | undefined> {
  const role = await liveRole(tx, orgId, caller.customer)
  if (!role || !may(role, 'activate_licences')) return undefined
  const { project, new_project } = purchaseIn(started)
  if (project) {
    const found = await findProject(tx, orgId, project)
    const locked = found && (await lockProject(tx, found.id))
    return locked && !locked.archivedAt ? found.id : undefined
  }
  if (!new_project || !may(role, 'manage_projects')) return undefined
  const { name, edition, production_domain } = new_project
  await createProject(tx, {
    id: newProjectId,
    orgId,
    name,
    edition: edition ?? 'open-source',
    productionDomain: production_domain,
    createdBy: caller.customer,
    at,
  })
  return newProjectId
}

const keptOf = ({ total: { currency }, lines }: Order): number =>
  sumOf(
    currency,
    lines.filter(({ isVoid }) => !isVoid).map(({ amount }) => amount),
  ).amountMinor

async function closeOrder(
  tx: Db,
  closing: {
    order: Order
    project: ProjectId | undefined
    context: OperationContext
    refused: readonly RefusedLine[]
    seller: Seller
    at: Date
  },
): Promise<void> {
  const { order, project, context, refused, seller, at } = closing
  const { orgId, caller, id, started } = context
  for (const { line } of refused) await returnToCart(tx, line)
  await returnNames(tx, order.id, coveredInVain(order, await missingIn(tx, refused)))
  await emptyCart(tx, order.id)
  await tx
    .updateTable('orders')
    .set({ closed_at: at, delivered_to: project ?? null, invoiced_at: at, kept_amount: keptOf(order) })
    .where('id', '=', order.id)
    .execute()
  const { currency } = order.total
  const invoiced = { order: order.id, org: orgId, currency, seller, suppliedAt: at, at }
  const number = await issueInvoice(tx, { ...invoiced, purchase: { caller, operation: id } })
  if (number) await mailReceipt(tx, { order: order.id, org: orgId, number, at })
  await audit(tx, {
    chain: `org:${orgId}`,
    action: started.story,
    outcome: 'done',
    ...by(caller),
    org: orgId,
    object: order.id,
    operation: id,
    detail: refused.length ? { refused: refused.map(({ code }) => code).join(' ') } : undefined,
  })
}
