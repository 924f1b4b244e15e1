import type { Charge } from '#domain/billing'
import { keepIntent } from '#domain/orders'
import type { Intent } from '#platform/payments'
import type { Dependencies } from './dependencies.ts'

/**
 * Stored, else found by its metadata (the answer that made it was lost), else made; then stored. Nothing for a line
 * whose undo came first: an intent that was made for it is closed again.
 */
export async function theIntent(deps: Dependencies, charge: Charge): Promise<Intent | undefined> {
  const { db, payments, deployment } = deps
  const intent =
    (await findIntent(deps, charge)) ??
    (await payments.createIntent(charge.request, `${deployment}:${charge.id}:create:1`))
  if (charge.intentId) return intent
  if (await keepIntent(db, { line: charge.line, charge: charge.id, intentId: intent.id })) return intent
  await payments.cancelIntent(intent.id, `${deployment}:${charge.id}:cancel:1`)
  return undefined
}

export async function findIntent({ payments }: Dependencies, charge: Charge): Promise<Intent | undefined> {
  if (charge.intentId) return payments.getIntent(charge.intentId)
  const { customer } = charge.request
  return payments.findIntent({ customer, chargeId: charge.id, since: charge.createdAt })
}

export function chargeIdOf({ id, latestCharge }: Intent): string {
  if (!latestCharge) throw new Error(`${id} succeeded without a charge`)
  return latestCharge
}
