import type { ChargeId, PaymentMethodId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

/** One attempt to collect a charge. */
export interface Attempt {
  /** Part of the idempotency key at the provider. */
  n: number
  /** The cardholder was present, on the page of the bank. */
  onSession: boolean
  latestChargeBefore: string | undefined
  /** Undefined while the outcome is unknown. */
  outcome: AttemptOutcome | undefined
  declineCode: string | undefined
}
export type AttemptOutcome = 'succeeded' | 'declined' | 'authentication_required' | 'nothing_happened'

/** How attempt `n` ended. */
export interface AttemptEnd {
  n: number
  outcome: AttemptOutcome
  declineCode?: string | undefined
  adviceCode?: string | undefined
}

export async function attemptsOf(db: Db, charge: ChargeId): Promise<Attempt[]> {
  const rows = await db
    .selectFrom('charge_attempts')
    .select(['n', 'on_session', 'latest_charge_before', 'outcome', 'decline_code'])
    .where('charge_id', '=', charge)
    .orderBy('n')
    .execute()
  return rows.map((row) => ({
    n: row.n,
    onSession: row.on_session,
    latestChargeBefore: row.latest_charge_before ?? undefined,
    outcome: (row.outcome ?? undefined) as AttemptOutcome | undefined,
    declineCode: row.decline_code ?? undefined,
  }))
}

interface BegunAttempt extends Pick<Attempt, 'n' | 'onSession' | 'latestChargeBefore'> {
  charge: { id: ChargeId; paymentMethod: PaymentMethodId; stripePaymentMethodId: string }
  at: Date
}

/**
 * Records an attempt before its request is sent, so that an unknown outcome can be looked up later. Locks the card: from
 * the removal of a card on, no attempt begins. Only `begun` allows to send the request. `taken`: the number belongs to a
 * request with the other value of `onSession`.
 */
export async function beginAttempt(db: Db, begun: BegunAttempt): Promise<'begun' | 'taken' | 'card_removed'> {
  const { charge, n, onSession } = begun
  return inTransaction(db, async (tx) => {
    const card = await tx
      .selectFrom('payment_methods')
      .select('removed_at')
      .where('id', '=', charge.paymentMethod)
      .forShare()
      .executeTakeFirstOrThrow()
    if (card.removed_at) return 'card_removed'
    await insertAttempt(tx, begun)
    const recorded = (await attemptsOf(tx, charge.id)).find((each) => each.n === n)
    return recorded?.onSession === onSession ? 'begun' : 'taken'
  })
}

async function insertAttempt(
  tx: Db,
  { charge, n, onSession, latestChargeBefore, at }: BegunAttempt,
): Promise<void> {
  const request = { payment_method: charge.stripePaymentMethodId, off_session: !onSession }
  await tx
    .insertInto('charge_attempts')
    .values({
      charge_id: charge.id,
      n,
      payment_method_id: charge.paymentMethod,
      request: JSON.stringify(request),
      on_session: onSession,
      latest_charge_before: latestChargeBefore ?? null,
      sent_at: at,
    })
    .onConflict((on) => on.doNothing())
    .execute()
}

/** That nothing happened ends only an attempt whose outcome is still unknown. */
export async function endAttempt(db: Db, charge: ChargeId, ended: AttemptEnd): Promise<void> {
  await db
    .updateTable('charge_attempts')
    .set({
      outcome: ended.outcome,
      decline_code: ended.declineCode ?? null,
      advice_code: ended.adviceCode ?? null,
    })
    .where('charge_id', '=', charge)
    .where('n', '=', ended.n)
    .$if(ended.outcome === 'nothing_happened', (update) => update.where('outcome', 'is', null))
    .execute()
}
