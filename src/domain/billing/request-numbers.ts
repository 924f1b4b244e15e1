import type { ChargeId, OrgId, PaymentMethodId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** An action at the provider on one of our objects. The number of its request is part of the idempotency key. */
export interface NumberedAction {
  object: ChargeId | OrgId | PaymentMethodId
  action: 'create' | 'cancel' | 'refund' | 'detach' | 'customer'
}

interface NumberedRequest<Answer> extends NumberedAction {
  /** The lowest number that may be used. Default: 1. */
  least?: number
  send: (n: number) => Promise<Answer>
  /** Whether the provider may return this error again under the same key. */
  isStored: (error: unknown) => boolean
  /** Looks at the object. Returns true when the request had no effect. */
  hasNothingHappened: () => Promise<boolean>
}

/**
 * Sends a request. When its error is stored at the provider, and a look shows that nothing happened, the next try gets
 * the next number. The error is thrown again. When the process dies before the look, the next try gets the same error.
 */
export async function sendNumbered<Answer>(db: Db, request: NumberedRequest<Answer>): Promise<Answer> {
  const n = Math.max(await requestNumber(db, request), request.least ?? 1)
  try {
    return await request.send(n)
  } catch (error) {
    if (request.isStored(error) && (await request.hasNothingHappened())) await raiseNumber(db, request, n)
    throw error
  }
}

async function requestNumber(db: Db, { object, action }: NumberedAction): Promise<number> {
  const row = await db
    .selectFrom('request_numbers')
    .select('n')
    .where('object_id', '=', object)
    .where('action', '=', action)
    .executeTakeFirst()
  return row?.n ?? 1
}

/** Changes nothing when another caller has raised the number meanwhile: its request may have had an effect by now. */
async function raiseNumber(db: Db, { object, action }: NumberedAction, after: number): Promise<void> {
  await db
    .insertInto('request_numbers')
    .values({ object_id: object, action, n: after + 1 })
    .onConflict((on) =>
      on
        .columns(['object_id', 'action'])
        .doUpdateSet({ n: after + 1 })
        .where('request_numbers.n', '<=', after),
    )
    .execute()
}
