import type { CustomerId } from '#kernel/ids'
import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { normalEmail } from './customer-store.ts'
import { NotAnOperator } from './errors.ts'

/** Reads the row at each call. Refuses `not_an_operator`, also for a disabled operator. */
export async function assertOperator(db: Db, customer: CustomerId): Promise<void> {
  const found = await db
    .selectFrom('customers')
    .select('id')
    .where('id', '=', customer)
    .where('operator_since', 'is not', null)
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
  if (!found) throw new NotAnOperator()
}

/**
 * For the operator. Makes somebody a platform operator, or no longer one. Returns undefined when nobody has this address,
 * or the account is disabled.
 */
export async function setOperator(
  db: Db,
  { email, isOperator, at }: { email: string; isOperator: boolean; at: Date },
): Promise<'done' | 'unchanged' | undefined> {
  return inTransaction(db, async (tx) => {
    const found = await tx
      .selectFrom('customers')
      .select(['id', 'operator_since'])
      .where('email_norm', '=', normalEmail(email))
      .where('disabled_at', 'is', null)
      .forNoKeyUpdate()
      .executeTakeFirst()
    if (!found) return undefined
    const { id, operator_since: since } = found
    if ((since !== null) === isOperator) return 'unchanged'
    const operator_since = isOperator ? at : null
    await tx.updateTable('customers').set({ operator_since }).where('id', '=', id).execute()
    const action = isOperator ? 'make_operator' : 'end_operator'
    for (const chain of [`customer:${id}`, 'platform'] as const)
      await audit(tx, { chain, action, outcome: 'done', object: id })
    return 'done'
  })
}
