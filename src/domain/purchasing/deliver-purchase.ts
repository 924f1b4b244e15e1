import type { OperationId, ProjectId, ProjectTokenId } from '#kernel/ids'
import { shownMoney } from '#kernel/schemas'
import { audit } from '#domain/audit'
import { activateReserved, holdingsOf, licencesById, releaseSlots } from '#domain/licensing'
import { operationAsker, type OperationAsker } from '#domain/operations'
import { liveRole, may } from '#domain/orgs'
import {
  createProject,
  findProject,
  installSnippet,
  lockProject,
  mintTokenFor,
  type ProjectSetUp,
} from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import { type Order, orderOf } from './order-store.ts'
import { askedIn, type Purchase } from './purchase.ts'

export interface Delivery {
  operationId: OperationId
  /** Used when the purchase makes a new project. */
  newProjectId: ProjectId
  tokenId: ProjectTokenId
  publicUrl: string
  seal: ProjectSetUp['seal']
  at: Date
}

const HOW_TO_ACTIVATE =
  'The licences belong to the org and are not active on a project: ask an owner, admin or developer to activate them.'

/**
 * The last step forward, one transaction: the project (made if asked for), the reserved slots lent to it, a token
 * whose keys only the asker can read, the order closed. A project archived meanwhile, or an asker who may not
 * activate licences, leaves the licences with the org. Answers the operation's result; run again, the same.
 */
export async function deliverPurchase(db: Db, delivery: Delivery): Promise<Record<string, unknown>> {
  const { operationId, at } = delivery
  return db.transaction().execute(async (tx) => {
    const asker = await operationAsker(tx, operationId)
    const order = await orderOf(tx, operationId)
    if (!order) throw new Error(`${operationId} has no order to deliver`)
    const project = await destination(tx, delivery, asker)
    if (project) {
      await activateReserved(tx, { operation: operationId, project, at })
      const { seal, tokenId: token } = delivery
      await mintTokenFor(tx, { caller: asker.caller, operation: operationId, project, token, seal, at })
    } else await releaseSlots(tx, operationId)
    const result = await resultOf(tx, delivery, { order, purchase: asker.input as Purchase, project })
    await closeOrder(tx, order, asker, at)
    return result
  })
}

/** The project that gets the licences, created under the id the story chose; none when it may not. */
async function destination(
  tx: Db,
  { newProjectId, at }: Delivery,
  { orgId, caller, input }: OperationAsker,
): Promise<ProjectId | undefined> {
  const role = await liveRole(tx, orgId, caller.customer)
  if (!role || !may(role, 'activate_licences')) return undefined
  const { project, new_project } = input as Purchase
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

async function closeOrder(
  tx: Db,
  order: Order,
  { orgId, caller, id }: OperationAsker,
  at: Date,
): Promise<void> {
  const closed = await tx
    .updateTable('orders')
    .set({ closed_at: at })
    .where('id', '=', order.id)
    .where('closed_at', 'is', null)
    .executeTakeFirst()
  if (!closed.numUpdatedRows) return
  await audit(tx, {
    chain: `org:${orgId}`,
    deed: 'purchase_and_install_package',
    outcome: 'done',
    customer: caller.customer,
    connection: caller.connection,
    org: orgId,
    object: order.id,
    operation: id,
  })
}

async function resultOf(
  tx: Db,
  { publicUrl }: Delivery,
  { order, purchase, project }: { order: Order; purchase: Purchase; project: ProjectId | undefined },
): Promise<Record<string, unknown>> {
  const names = askedIn(purchase).map((each) => each.package)
  const held = project ? await holdingsOf(tx, project) : []
  const licences = await licencesById(
    tx,
    order.decided.map(({ licence }) => licence),
  )
  return {
    ...(order.lines.length && { order_id: order.id }),
    total: shownMoney(order.total),
    licences: licences.map((licence) => ({
      id: licence.id,
      package: licence.packageName,
      edition: licence.edition,
      outcome: order.decided.find((each) => each.licence === licence.id)?.outcome,
      activated: held.some((each) => each.licence === licence.id && !each.pending),
      ...(licence.validUntil && { valid_until: licence.validUntil.toISOString() }),
    })),
    ...(project ? { project, ...installSnippet(publicUrl, project, names) } : { next_step: HOW_TO_ACTIVATE }),
  }
}
