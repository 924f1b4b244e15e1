import { type Charge, moveForEarlier } from '#domain/billing'
import { IdempotencyKeyReused } from '#domain/operations'
import { type ChargeId, isId } from '#kernel/ids'
import type { Intent } from '#platform/payments'
import type { Dependencies } from './dependencies.ts'
import { cancel } from './undo-payment.ts'

/**
 * Before the first payment of a charge: looks for a payment of the same call, which only the provider knows after our
 * database was restored to an earlier moment. Returns the one to go on with. Refuses `idempotency_key_reused` when the
 * same key was paid and paid back, or was paid for something or somebody else.
 */
export async function findEarlierPayment(deps: Dependencies, charge: Charge): Promise<Intent | undefined> {
  const { payments } = deps
  const { customer, metadata } = charge.request
  const mark = metadata['purchase']
  if (!mark) return undefined
  const found = await payments.findEarlierIntents({ mark, customer, before: charge.createdAt })
  const others = found.filter((intent) => intent.metadata['charge_id'] !== charge.id)
  const earlier = await Promise.all(
    others.map(async (intent) => ({
      ...intent,
      bought: intent.metadata['bought'],
      amountReturnedMinor: await returnedOf(deps, intent),
    })),
  )
  const move = moveForEarlier({ amount: charge.amount, bought: metadata['bought'] }, earlier)
  switch (move.kind) {
    case 'adopt':
      return move.payment
    case 'refuse':
      throw new IdempotencyKeyReused()
    case 'create':
      for (const intent of move.cancelFirst) await cancel(deps, { charge: { id: chargeOf(intent) }, intent })
      return undefined
  }
}

/** The charge that the payment was created for, of which our database may have lost the row. */
function chargeOf({ id, metadata }: Intent): ChargeId {
  const charge = metadata['charge_id'] ?? ''
  if (!isId('chg', charge)) throw new Error(`${id} names no charge of ours`)
  return charge
}

/** What was paid back of a payment, or is being paid back. */
export async function returnedOf({ payments }: Dependencies, intent: Intent): Promise<number> {
  if (!intent.amountReceivedMinor) return 0
  return (await payments.listRefunds(intent.id))
    .filter(({ status }) => status !== 'failed' && status !== 'canceled')
    .reduce((minor, { amountMinor }) => minor + amountMinor, 0)
}
