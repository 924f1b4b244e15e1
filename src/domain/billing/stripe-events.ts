import { sql } from 'kysely'
import { type ChargeId, isId, type OperationId } from '#kernel/ids'
import { dropOutgoing, enqueueStripeEvent, type Outgoing } from '#domain/operations'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { lookAtUndoneSoon } from './undone-charges.ts'

/** A received event. It only says which object may have changed. The current state is read from the provider. */
export interface StripeEvent {
  id: string
  type: string
  /** Undefined for the few events whose object has no id. */
  objectId: string | undefined
  /** The metadata of the object. Our objects have `deployment`, `charge_id` or `operation_id`. */
  metadata: Record<string, string>
  livemode: boolean
}

/** The object that may have changed. */
export interface StripeObject extends Pick<StripeEvent, 'metadata'> {
  objectId: string
}

const RELAYED_TYPES = [
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.requires_action',
  'payment_intent.canceled',
  'checkout.session.completed',
  'checkout.session.expired',
]

/**
 * Stores an event once, however often it arrives, and puts it into the outbox for the run that waits for it. An event
 * of another type, deployment or provider mode is stored, but not relayed. Returns why it was ignored.
 */
export async function receiveStripeEvent(
  db: Db,
  event: StripeEvent,
  ours: { deployment: string; livemode: boolean; at: Date },
): Promise<string | undefined> {
  const { id, type, objectId, metadata, livemode } = event
  const ignored = whyIgnored(event, ours)
  await inTransaction(db, async (tx) => {
    const kept = await tx
      .insertInto('stripe_events')
      .values({
        id,
        type,
        object_id: objectId ?? null,
        livemode,
        received_at: ours.at,
        ignored_because: ignored ?? null,
      })
      .onConflict((on) => on.column('id').doNothing())
      .executeTakeFirst()
    if (ignored || !objectId || !kept.numInsertedOrUpdatedRows) return
    if (REFUND_TYPES.includes(type)) {
      const { charge_id: charge = '' } = metadata
      if (isId('chg', charge)) await lookAtUndoneSoon(tx, charge)
      return
    }
    const about: StripeObject = { objectId, metadata }
    await enqueueStripeEvent(tx, { workflowId: outgoingOf(id), about })
  })
  return ignored
}

/** The metadata of our refunds has the id of their charge. */
const REFUND_TYPES = ['refund.updated', 'refund.failed', 'charge.refund.updated']

function whyIgnored(
  { type, objectId, metadata, livemode }: StripeEvent,
  ours: { deployment: string; livemode: boolean },
): string | undefined {
  if (livemode !== ours.livemode) return 'livemode'
  if (![...RELAYED_TYPES, ...REFUND_TYPES].includes(type)) return 'type'
  // all that we make at the provider has our deployment, so an object without one belongs to somebody else
  if (metadata.deployment !== ours.deployment) return 'deployment'
  return objectId ? undefined : 'type'
}

const PREFIX = 'stripe_event/'
const outgoingOf = (event: string): string => `${PREFIX}${event}`
/** The id of the event that is relayed under this name. */
export const eventIn = (workflowId: string): string => workflowId.slice(PREFIX.length)

/** Ends the relay of an event and keeps why. `unknown_object`: it is ours, and we do not know it. */
export async function ignoreStripeEvent(
  db: Db,
  { event, outgoing, reason }: { event: string; outgoing: Pick<Outgoing, 'id' | 'asked'>; reason: string },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await dropOutgoing(tx, outgoing)
    await tx.updateTable('stripe_events').set({ ignored_because: reason }).where('id', '=', event).execute()
  })
}

/**
 * The waiting runs of the operation that this charge or card page belongs to. No other run needs to hear of it: a run
 * looks after its row waits, and so sees what the event is about. `unknown`: it is ours, but not in our
 * database; the event may arrive before the object is committed. `foreign`: another program made it.
 */
export async function runsWaitingFor(
  db: Db,
  { objectId, metadata }: StripeObject,
): Promise<string[] | 'unknown' | 'foreign'> {
  // relayed before events without a deployment were ignored
  if (metadata.deployment === undefined) return 'foreign'
  const charges = await db
    .selectFrom('charges as c')
    .innerJoin('order_lines as l', 'l.id', 'c.order_line_id')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .innerJoin('operations as p', 'p.id', 'o.operation_id')
    .select(['p.workflow_id', 'p.status'])
    .where((where) =>
      where.or([
        where('c.payment_intent_id', '=', objectId),
        where('c.id', '=', sql<ChargeId>`${metadata.charge_id ?? null}`),
      ]),
    )
    .execute()
  // the operation of a card page: a page whose answer was lost is not in our database
  const operations = await db
    .selectFrom('operations as p')
    .select(['p.workflow_id', 'p.status'])
    .where('p.id', '=', sql<OperationId>`${metadata.operation_id ?? null}`)
    .execute()
  const about = [...charges, ...operations]
  if (!about.length) return 'unknown'
  return about.filter(({ status }) => status === 'waiting_for_you').map(({ workflow_id }) => workflow_id)
}
