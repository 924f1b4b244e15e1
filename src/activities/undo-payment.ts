import {
  type Charge,
  closeCharge,
  nextMove,
  nextRefund,
  plannedLook,
  planNextLook,
  type RefundMove,
  sendNumbered,
} from '#domain/billing'
import { raiseForOperator } from '#domain/incidents'
import { recordRefunds } from '#domain/orders'
import { type Intent, PaymentOutcomeUnknown } from '#platform/payments'
import type { Dependencies } from './dependencies.ts'

/** A charge, the current PaymentIntent of the provider, and the workflow's time. */
export interface Collecting {
  charge: Charge
  intent: Intent
  at: Date
}

type Undoing = Pick<Dependencies, 'db' | 'payments' | 'feeBasisPoints' | 'log'>

/** `pending`: the money is on its way back, and the bank may still refuse it. */
export type Undone = 'undone' | 'pending'

/**
 * Undoes the payment of a void line: refunds a successful payment, cancels an open one, and closes a charge without a
 * payment. Looks at the provider first, so it may run twice. Throws while something is left to do, so that it is
 * retried. `looksForLate`: looks for a payment that was created after an earlier undo, too.
 */
export async function undoCharge(
  deps: Undoing,
  { charge, at, looksForLate = false }: { charge: Charge; at: Date; looksForLate?: boolean },
): Promise<Undone> {
  const planned = await plannedLook(deps.db, charge.id)
  const intents = await intentsOf(deps, charge, looksForLate)
  const ends: Undone[] = []
  for (const intent of intents) ends.push(await undoPayment(deps, { charge, intent, at }))
  await closeCharge(deps.db, { charge: charge.id, at })
  const isOwed = ends.includes('pending')
  await planNextLook(deps.db, { charge: charge.id, planned, isOwed, at })
  return isOwed ? 'pending' : 'undone'
}

async function intentsOf(
  { payments }: Undoing,
  { id, intentId, request, createdAt: since }: Charge,
  looksForLate: boolean,
): Promise<Intent[]> {
  const stored = intentId ? [await payments.getIntent(intentId)] : []
  if (stored.length && !looksForLate) return stored
  const found = await payments.findIntents({ charge: id, customer: request.customer, since })
  return [...stored, ...found.filter((each) => each.id !== intentId)]
}

/** Refunds a successful payment, or cancels an open one. Throws when the state changes meanwhile. */
export async function undoPayment(deps: Undoing, undoing: Collecting): Promise<Undone> {
  const { charge, intent } = undoing
  const move = nextMove('undo', charge, intent)
  switch (move.kind) {
    case 'refund':
      return refund(deps, undoing)
    case 'look_again':
      throw new PaymentOutcomeUnknown(move.why)
    case 'cancel':
      await cancel(deps, undoing)
      return 'undone'
    case 'record_cancelled':
      return 'undone'
  }
}

/** Cancels an open payment. Throws when that is not possible: the caller has to look at it again. */
export async function cancel(
  { db, payments }: Pick<Dependencies, 'db' | 'payments'>,
  { charge, intent }: { charge: Pick<Charge, 'id'>; intent: Pick<Intent, 'id'> },
): Promise<void> {
  await sendNumbered(db, {
    object: charge.id,
    action: 'cancel',
    async send(n) {
      const cancelled = await payments.cancelIntent({ id: intent.id, charge: charge.id, n })
      if (cancelled === 'not_cancelable')
        throw new PaymentOutcomeUnknown('The state of the payment changed meanwhile.', { isStored: true })
    },
    isStored: payments.isStored,
    hasNothingHappened: async () => (await payments.getIntent(intent.id)).status !== 'canceled',
  })
}

async function refund(deps: Undoing, undoing: Collecting): Promise<Undone> {
  const { db, payments } = deps
  const { charge, intent } = undoing
  const look = async () => nextRefund(intent.amountReceivedMinor, await payments.listRefunds(intent.id))
  const before = await recordRefundsOf(deps, undoing)
  if (before.kind !== 'create') return before.kind === 'done' ? 'undone' : 'pending'
  const { amountMinor, n: least } = before
  await sendNumbered(db, {
    object: charge.id,
    action: 'refund',
    least,
    send: (n) => payments.createRefund({ id: intent.id, charge: charge.id, amountMinor, n }),
    isStored: payments.isStored,
    hasNothingHappened: async () => (await look()).kind === 'create',
  })
  const after = await recordRefundsOf(deps, undoing)
  if (after.kind === 'create')
    throw new PaymentOutcomeUnknown('The refund is not visible yet, or has failed.')
  return after.kind === 'done' ? 'undone' : 'pending'
}

/** Records what the provider shows: a refund that has failed is noted before a new one is made. */
async function recordRefundsOf(deps: Undoing, undoing: Collecting): Promise<RefundMove> {
  const { db, payments, feeBasisPoints, log } = deps
  const { charge, intent, at } = undoing
  const refunds = await payments.listRefunds(intent.id)
  const move = nextRefund(intent.amountReceivedMinor, refunds)
  if (charge.intentId && charge.intentId !== intent.id) {
    if (move.kind !== 'done') await tellPaidTwice(deps, undoing)
    return move
  }
  const seen = { line: charge.line, charge, intentId: intent.id, refunds, feeBasisPoints, at }
  const failed = await recordRefunds(db, { ...seen, stripeChargeId: chargeIdOf(intent) })
  for (const refund of failed) log.error({ charge: charge.id, refund }, 'a refund has failed')
  return move
}

/** Puts a charge with a second payment on the operators' list, while that payment is not paid back. */
async function tellPaidTwice({ db, log }: Undoing, { charge, intent, at }: Collecting): Promise<void> {
  const about = { object: charge.id, detail: intent.id, at }
  if (await raiseForOperator(db, { kind: 'charged_twice', ...about }))
    log.error({ charge: charge.id, intent: intent.id }, 'a charge was paid twice')
}

export function chargeIdOf({ id, latestCharge }: Intent): string {
  if (!latestCharge) throw new Error(`${id} succeeded without a charge`)
  return latestCharge
}
