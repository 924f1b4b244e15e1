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
  'The licences belong to the org and are not active on a project: ask an owner or admin to call activate_licence.'

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
    const delivered = { order, purchase: asker.input as Purchase }
    // an answer that was lost: what was decided stays decided, whatever role or project has changed since
    if (order.isClosed) return resultOf(tx, delivery, { ...delivered, project: order.deliveredTo })
    const project = await destination(tx, delivery, asker)
    if (project) {
      await activateReserved(tx, { operation: operationId, project, at })
      const { seal, tokenId: token } = delivery
      await mintTokenFor(tx, { caller: asker.caller, operation: operationId, project, token, seal, at })
    } else await releaseSlots(tx, operationId)
    const result = await resultOf(tx, delivery, { ...delivered, project })
    await closeOrder(tx, { order, project, asker, at })
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
  closing: { order: Order; project: ProjectId | undefined; asker: OperationAsker; at: Date },
): Promise<void> {
  const { order, project, asker, at } = closing
  const { orgId, caller, id } = asker
  await tx
    .updateTable('orders')
    .set({ closed_at: at, delivered_to: project ?? null })
    .where('id', '=', order.id)
    .execute()
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
  { publicUrl, at }: Delivery,
  { order, purchase, project }: { order: Order; purchase: Purchase; project: ProjectId | undefined },
): Promise<Record<string, unknown>> {
  const names = askedIn(purchase).map((each) => each.package)
  const held = project ? await holdingsOf(tx, project, at) : []
  const licences = await licencesById(
    tx,
    order.decided.map(({ licence }) => licence),
  )
  const shown = licences.map((licence) => {
    const outcome = order.decided.find((each) => each.licence === licence.id)?.outcome
    return {
      id: licence.id,
      package: licence.packageName,
      edition: licence.edition,
      outcome,
      activated:
        outcome === 'already_installed' || held.some((each) => each.licence === licence.id && !each.pending),
      ...(licence.validUntil && { valid_until: licence.validUntil.toISOString() }),
    }
  })
  return {
    ...(order.lines.length && { order_id: order.id }),
    total: shownMoney(order.total),
    licences: shown,
    ...(project && { project, ...installSnippet(publicUrl, project, names) }),
    ...(!project && shown.some(({ activated }) => !activated) && { next_step: whatIsLeft(order) }),
  }
}

/** For licences that nobody has lent to a project yet. */
const whatIsLeft = ({ lines }: Order): string =>
  lines.length
    ? HOW_TO_ACTIVATE
    : `The org already had a licence with a free slot, so nothing was bought. ${HOW_TO_ACTIVATE}`
