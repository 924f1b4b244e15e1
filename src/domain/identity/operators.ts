import type { CustomerId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
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
