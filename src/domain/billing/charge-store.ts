import { sql } from 'kysely'
import {
  mintId,
  type ChargeId,
  type LineId,
  type OperationId,
  type OrderId,
  type PaymentMethodId,
  type VendorId,
} from '#kernel/ids'
import type { Money } from '#kernel/money'
import type { Db } from '../../platform/database.ts'
import type { ChargeState } from '../../platform/tables.ts'
import { type Attempt, attemptsOf } from './attempt-store.ts'
import { entriesOfCharge, post } from './ledger.ts'
import type { PaymentMethod } from './payment-method-store.ts'
import { purchaseMarks } from './purchase-mark.ts'

/** The stored parameters of the PaymentIntent. They never change, because they have to match their idempotency key. */
export interface ChargeRequest {
  customer: string
  amountMinor: number
  currency: string
  transferGroup: string
  metadata: Record<string, string>
}

export interface Charge {
  id: ChargeId
  line: LineId
  amount: Money
  state: ChargeState
  request: ChargeRequest
  paymentMethod: PaymentMethodId
  stripePaymentMethodId: string
  /** The bank asked us never to charge this card again. It may have asked for the charge of another line. */
  isCardRefused: boolean
  /** The org has removed this card, so it is not charged any more. */
  isCardRemoved: boolean
  intentId: string | undefined
  createdAt: Date
  attempts: Attempt[]
}

export interface ChargeWanted {
  line: LineId
  order: OrderId
  amount: Money
  method: PaymentMethod
  at: Date
}

/** Returns the only charge of a line. The first call creates it, later calls read it. */
export async function openCharge(tx: Db, { line, order, amount, method, at }: ChargeWanted): Promise<Charge> {
  const id = mintId('chg', at, Math.random)
  const request: ChargeRequest = {
    customer: method.stripeCustomerId,
    amountMinor: amount.amountMinor,
    currency: amount.currency,
    transferGroup: line,
    metadata: { charge_id: id, order_id: order, ...(await purchaseMarks(tx, line)) },
  }
  await tx
    .insertInto('charges')
    .values({
      id,
      order_line_id: line,
      amount: amount.amountMinor,
      currency: amount.currency,
      payment_method_id: method.id,
      request: JSON.stringify(request),
      created_at: at,
    })
    .onConflict((on) => on.column('order_line_id').doNothing())
    .execute()
  const charge = await findCharge(tx, line)
  if (!charge) throw new Error(`the charge of ${line} vanished`)
  return charge
}

export async function findCharge(db: Db, line: LineId): Promise<Charge | undefined> {
  const row = await db
    .selectFrom('charges as c')
    .innerJoin('payment_methods as m', 'm.id', 'c.payment_method_id')
    .select(['c.id', 'c.amount', 'c.currency', 'c.state', 'c.request', 'c.payment_method_id'])
    .select(['c.payment_intent_id', 'c.created_at'])
    .select(['m.stripe_payment_method_id', 'm.refused_at', 'm.removed_at'])
    .where('c.order_line_id', '=', line)
    .executeTakeFirst()
  if (!row) return undefined
  return {
    id: row.id,
    line,
    amount: { amountMinor: row.amount, currency: row.currency },
    state: row.state,
    request: row.request as unknown as ChargeRequest,
    paymentMethod: row.payment_method_id,
    stripePaymentMethodId: row.stripe_payment_method_id,
    isCardRefused: row.refused_at !== null,
    isCardRemoved: row.removed_at !== null,
    intentId: row.payment_intent_id ?? undefined,
    createdAt: row.created_at,
    attempts: await attemptsOf(db, row.id),
  }
}

/**
 * The charge that the cardholder may confirm now: the first pending charge of the operation whose line is open.
 */
export async function chargeToConfirm(db: Db, operation: OperationId): Promise<Charge | undefined> {
  const line = await db
    .selectFrom('order_lines as l')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .innerJoin('charges as c', 'c.order_line_id', 'l.id')
    .select('l.id')
    .where('o.operation_id', '=', operation)
    .where('l.paid_at', 'is', null)
    .where('l.voided_at', 'is', null)
    .where('c.state', '=', 'pending')
    .orderBy('l.position')
    .executeTakeFirst()
  return line && findCharge(db, line.id)
}

/**
 * Stores the PaymentIntent before it is confirmed, so that a retry confirms the same one. Returns false when the charge
 * has another one: only the first that is stored may ever be confirmed.
 */
export async function storeIntent(tx: Db, charge: ChargeId, intentId: string): Promise<boolean> {
  await lockIntent(tx, intentId)
  await tx
    .updateTable('charges')
    .set({ payment_intent_id: intentId })
    .where('id', '=', charge)
    .where('payment_intent_id', 'is', null)
    .execute()
  const stored = tx.selectFrom('charges').select('payment_intent_id as intent').where('id', '=', charge)
  return (await stored.executeTakeFirst())?.intent === intentId
}

/**
 * Forgets an adopted PaymentIntent that was cancelled: nobody has paid it, and nobody can. Returns false when an attempt
 * was made with it, whose outcome belongs to it.
 */
export async function forgetIntent(db: Db, charge: ChargeId, intentId: string): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('charges as c')
    .set({ payment_intent_id: null })
    .where('c.id', '=', charge)
    .where('c.payment_intent_id', '=', intentId)
    .where('c.state', '=', 'pending')
    .where((where) => {
      const attempts = where
        .selectFrom('charge_attempts as a')
        .select('a.n')
        .whereRef('a.charge_id', '=', 'c.id')
      return where.not(where.exists(attempts))
    })
    .executeTakeFirst()
  return numUpdatedRows > 0
}

/**
 * Locks a PaymentIntent until the commit, and returns whether no charge has it. It stays like this while it is locked.
 */
export async function lockIntent(tx: Db, intentId: string): Promise<boolean> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`intent ${intentId}`}, 0))`.execute(tx)
  const own = tx.selectFrom('charges').select('id').where('payment_intent_id', '=', intentId)
  return !(await own.executeTakeFirst())
}

/** Records a successful payment in the charge and the ledger. A second call changes nothing. */
export async function settleCharge(
  tx: Db,
  paid: { charge: ChargeId; stripeChargeId: string; vendor: VendorId; feeBasisPoints: number; at: Date },
): Promise<void> {
  const { charge, stripeChargeId, vendor, feeBasisPoints, at } = paid
  const row = await lockCharge(tx, charge)
  if (row.state === 'succeeded' || row.state === 'refunded') return
  await tx
    .updateTable('charges')
    .set({ state: 'succeeded', stripe_charge_id: stripeChargeId, settled_at: at })
    .where('id', '=', charge)
    .execute()
  const total = { amountMinor: row.amount, currency: row.currency }
  const entries = entriesOfCharge(total, vendor, feeBasisPoints)
  await post(tx, { key: `charge:${stripeChargeId}`, kind: 'charge', entries, currency: row.currency, at })
}

/** Closes a charge that was not paid and never will be. */
export async function closeCharge(
  tx: Db,
  closed: {
    charge: ChargeId
    at: Date
  },
): Promise<void> {
  await tx
    .updateTable('charges')
    .set({ state: 'cancelled', settled_at: closed.at })
    .where('id', '=', closed.charge)
    .where('state', '=', 'pending')
    .execute()
}

export const lockCharge = (tx: Db, charge: ChargeId) =>
  tx
    .selectFrom('charges')
    .select(['state', 'amount', 'currency', 'stripe_charge_id'])
    .where('id', '=', charge)
    .forUpdate()
    .executeTakeFirstOrThrow()
