import type { CustomerId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { NotAnOperator } from './errors.ts'

/** Read for this very action; refuses `not_an_operator`, a disabled one as well. */
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
