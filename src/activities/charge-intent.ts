import { type Charge, forgetIntent, sendNumbered } from '#domain/billing'
import { abandonLine, chargeToCollect, keepIntent } from '#domain/orders'
import { type Intent, PaymentOutcomeUnknown } from '#platform/payments'
import type { Dependencies } from './dependencies.ts'
import { findEarlierPayment, returnedOf } from './earlier-payments.ts'
import type { LineStepInput } from './orders.ts'
import { cancel, type Collecting, undoPayment } from './undo-payment.ts'

/**
 * Returns undefined for a void line. Its undo ran before this late attempt, so no workflow waits for the result. An
 * adopted payment that was cancelled at the same time is ignored, as one that was cancelled before.
 */
export async function chargeWithIntent(
  deps: Dependencies,
  step: Pick<LineStepInput, 'lineId' | 'at'>,
): Promise<Collecting | undefined> {
  const { lineId, at } = step
  const charge = await chargeToCollect(deps.db, lineId)
  const intent = charge && (await findOrCreateIntent(deps, charge, new Date(at)))
  if (!intent) return undefined
  const isGone = isAdopted(charge, intent) && intent.status === 'canceled'
  if (isGone && (await forgetIntent(deps.db, charge.id, intent.id))) return chargeWithIntent(deps, step)
  return unlessReturned(deps, { charge, intent, at: new Date(at) })
}

/** The payment was created for a charge that our database has lost. */
const isAdopted = ({ id }: Charge, { metadata }: Intent): boolean => metadata['charge_id'] !== id

/**
 * Voids a line whose payment was paid back, by hand or in a time that our database has lost: without this look, the
 * returned money would count as paid. Returns undefined then.
 */
export async function unlessReturned(
  deps: Dependencies,
  collecting: Collecting,
): Promise<Collecting | undefined> {
  const { charge, intent, at } = collecting
  if (charge.state !== 'pending' || !(await returnedOf(deps, intent))) return collecting
  await abandonLine(deps.db, charge.line, at)
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
  const kept = await keepIntent(db, { line: charge.line, charge: charge.id, intentId: intent.id })
  // an adopted one is looked at once it is ours: until then an operator may cancel it
  if (kept === 'kept') return isAdopted(charge, intent) ? payments.getIntent(intent.id) : intent
  if (kept === 'void') {
    await undoPayment(deps, { charge, intent, at })
    return undefined
  }
  await cancel(deps, { charge, intent })
  throw new PaymentOutcomeUnknown('Another attempt has stored its payment first.')
}

/** By its stored id, else by its metadata: the response that created it may have been lost. */
async function findIntent({ payments }: Dependencies, charge: Charge): Promise<Intent | undefined> {
  if (charge.intentId) return payments.getIntent(charge.intentId)
  const { customer } = charge.request
  const found = await payments.findIntents({ charge: charge.id, customer, since: charge.createdAt })
  // an earlier one may have been created and cancelled by hand
  return found.find(({ status }) => status !== 'canceled') ?? found[0]
}
