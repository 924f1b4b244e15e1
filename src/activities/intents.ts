import { type Charge, storeIntent } from '#domain/billing'
import type { Intent } from '#platform/payments'
import type { Dependencies } from './dependencies.ts'

/** Stored, else found by its metadata (the answer that made it was lost), else made; then stored. */
export async function theIntent(deps: Dependencies, charge: Charge): Promise<Intent> {
  const { db, payments, deployment } = deps
  const intent =
    (await findIntent(deps, charge)) ??
    (await payments.createIntent(charge.request, `${deployment}:${charge.id}:create:1`))
  if (!charge.intentId) await storeIntent(db, charge.id, intent.id)
  return intent
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
