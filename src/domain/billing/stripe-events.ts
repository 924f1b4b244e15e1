import { sql } from 'kysely'
import { type ChargeId, isId } from '#kernel/ids'
import { enqueueStripeEvent } from '#domain/operations'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { lookAtRefundSoon } from './undone-charges.ts'

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
 * of another type, deployment or provider mode is stored, but not relayed.
 */
export async function receiveStripeEvent(
  db: Db,
  event: StripeEvent,
  ours: { deployment: string; livemode: boolean; at: Date },
): Promise<void> {
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
      if (isId('chg', charge)) await lookAtRefundSoon(tx, charge, ours.at)
      return
    }
    const about: StripeObject = { objectId, metadata }
    await enqueueStripeEvent(tx, { id, about, at: ours.at })
  })
}

/** The metadata of our refunds has the id of their charge. */
const REFUND_TYPES = ['refund.updated', 'refund.failed', 'charge.refund.updated']

function whyIgnored(
  { type, objectId, metadata, livemode }: StripeEvent,
  ours: { deployment: string; livemode: boolean },
): string | undefined {
  if (livemode !== ours.livemode) return 'livemode'
  if (metadata.deployment !== undefined && metadata.deployment !== ours.deployment) return 'deployment'
  return [...RELAYED_TYPES, ...REFUND_TYPES].includes(type) && objectId ? undefined : 'type'
}

/**
 * The unfinished runs of the operation that this charge or card page belongs to. Undefined when the object is unknown:
 * the event may arrive before the object is committed.
 */
export async function runsWaitingFor(
  db: Db,
  { objectId, metadata }: StripeObject,
): Promise<string[] | undefined> {
  const charges = await db
    .selectFrom('charges as c')
    .innerJoin('order_lines as l', 'l.id', 'c.order_line_id')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .innerJoin('operations as p', 'p.id', 'o.operation_id')
    .select(['p.workflow_id', 'p.finished_at'])
    .where((where) =>
      where.or([
        where('c.payment_intent_id', '=', objectId),
        where('c.id', '=', sql<ChargeId>`${metadata.charge_id ?? null}`),
      ]),
    )
    .execute()
  const sessions = await db
    .selectFrom('card_sessions as s')
    .innerJoin('operations as p', 'p.id', 's.operation_id')
    .select(['p.workflow_id', 'p.finished_at'])
    .where('s.id', '=', objectId)
    .execute()
  const about = [...charges, ...sessions]
  if (!about.length) return undefined
  return about.filter(({ finished_at }) => finished_at === null).map(({ workflow_id }) => workflow_id)
}
