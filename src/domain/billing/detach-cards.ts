import { sql } from 'kysely'
import { clearForOperator, raiseForOperator } from '#domain/incidents'
import type { PaymentMethodId } from '#kernel/ids'
import type { BillingOptions } from './payment-provider.ts'
import { sendNumbered } from './request-numbers.ts'

/** `id` is the card's id at the provider. */
export interface RemovedCard {
  card: PaymentMethodId
  id: string
}

type Detaching = Pick<BillingOptions, 'db' | 'payments' | 'log'>

const TRY_AGAIN_MS = 5 * 60_000
const MOST_AT_ONCE = 20

/**
 * Detaches the removed cards that are still attached at the provider, until it confirms that: then `detach_at` is
 * `infinity`. Null for a card that a release without that column has removed; it is due. Two processes never take the
 * same card. Returns how many were due. Uses the index `payment_methods_to_detach`.
 */
export async function detachDue(options: Detaching, at: Date): Promise<number> {
  const due = await options.db
    .updateTable('payment_methods')
    .set({ detach_at: new Date(at.getTime() + TRY_AGAIN_MS) })
    .where('id', 'in', (removed) =>
      removed
        .selectFrom('payment_methods')
        .select('id')
        // literals, because Postgres finds no partial index by a parameter
        .where(sql<boolean>`removed_at is not null and detach_at is distinct from 'infinity'`)
        .where((where) => where.or([where('detach_at', 'is', null), where('detach_at', '<=', at)]))
        .orderBy('detach_at')
        .limit(MOST_AT_ONCE)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'stripe_payment_method_id'])
    .execute()
  await Promise.all(
    due.map(async ({ id: card, stripe_payment_method_id: id }) => {
      const isDetached = await detachOrRetryLater(options, { card, id })
      if (!isDetached) await raiseForOperator(options.db, { kind: 'detach_failed', object: card, at })
    }),
  )
  return due.length
}

/** Does not throw: `detachDue` tries again. Returns whether it was detached. */
export async function detachOrRetryLater(options: Detaching, removed: RemovedCard): Promise<boolean> {
  try {
    await detach(options, removed)
    return true
  } catch (error) {
    const about = { error, id: removed.card }
    options.log.error(about, 'a removed card is still attached; it is tried again later')
    return false
  }
}

async function detach({ db, payments }: Detaching, { card, id }: RemovedCard): Promise<void> {
  if (await payments.isCardAttached(id)) {
    await sendNumbered(db, {
      object: card,
      action: 'detach',
      send: (n) => payments.detachCard({ card, id, n }),
      isStored: payments.isStored,
      hasNothingHappened: () => payments.isCardAttached(id),
    })
  }
  await db
    .updateTable('payment_methods')
    .set({ detach_at: sql<Date>`'infinity'` })
    .where('id', '=', card)
    .execute()
  await clearForOperator(db, { kinds: ['detach_failed'], object: card, at: new Date() })
}
