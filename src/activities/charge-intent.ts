import { type Charge, sendNumbered } from '#domain/billing'
import { abandonLine, chargeToCollect, keepIntent } from '#domain/orders'
import type { Intent } from '#platform/payments'
import type { Dependencies } from './dependencies.ts'
import { findEarlierPayment, returnedOf } from './earlier-payments.ts'
import type { LineStepInput } from './orders.ts'
import { type Collecting, undoPayment } from './undo-payment.ts'

/** Returns undefined for a void line. Its undo ran before this late attempt, so no workflow waits for the result. */
export async function chargeWithIntent(
  deps: Dependencies,
  { lineId, at }: LineStepInput,
): Promise<Collecting | undefined> {
  const charge = await chargeToCollect(deps.db, lineId)
  const intent = charge && (await findOrCreateIntent(deps, charge, new Date(at)))
  if (!intent) return undefined
  const collecting = { charge, intent, at: new Date(at) }
  if (charge.state !== 'pending' || !(await returnedOf(deps, intent))) return collecting
  // it was undone in a time that our database has lost: without this look, the returned money would count as paid
  await abandonLine(deps.db, lineId, collecting.at)
  await undoPayment(deps, collecting)
  return undefined
}

/**
 * Finds or creates the PaymentIntent, and stores its id before anything confirms it. When the line was voided
 * meanwhile, undoes the intent, because an earlier one may be paid, and returns undefined.
 */
async function findOrCreateIntent(deps: Dependencies, charge: Charge, at: Date): Promise<Intent | undefined> {
  const { db, payments } = deps
  const find = () => findIntent(deps, charge)
  const intent =
    (await find()) ??
    (await findEarlierPayment(deps, charge)) ??
    (await sendNumbered(db, {
      object: charge.id,
      action: 'create',
      send: (n) => payments.createIntent({ charge: charge.id, request: charge.request, n }),
      isStored: payments.isStored,
      hasNothingHappened: async () => !(await find()),
    }))
  if (charge.intentId) return intent
  if (await keepIntent(db, { line: charge.line, charge: charge.id, intentId: intent.id })) return intent
  await undoPayment(deps, { charge, intent, at })
  return undefined
}

/** By its stored id, else by its metadata: the response that created it may have been lost. */
async function findIntent({ payments }: Dependencies, charge: Charge): Promise<Intent | undefined> {
  if (charge.intentId) return payments.getIntent(charge.intentId)
  const { customer } = charge.request
  const found = await payments.findIntents({ charge: charge.id, customer, since: charge.createdAt })
  // an earlier one may have been created and cancelled by hand
  return found.find(({ status }) => status !== 'canceled') ?? found[0]
}
