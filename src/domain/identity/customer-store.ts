import type { CustomerId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

export interface NewCustomer {
  id: CustomerId
  /** Stored trimmed and in lower case; unique. */
  email: string
  displayName: string
  at: Date
  /** A platform operator, who sees applications, refunds and reports. */
  isOperator?: boolean
}

export async function addCustomer(
  db: Db,
  { id, email, displayName, at, isOperator }: NewCustomer,
): Promise<void> {
  await db
    .insertInto('customers')
    .values({
      id,
      email_norm: normalEmail(email),
      display_name: displayName,
      created_at: at,
      operator_since: isOperator ? at : null,
    })
    .execute()
}

export async function findCustomerByEmail(db: Db, email: string): Promise<{ id: CustomerId } | undefined> {
  return db
    .selectFrom('customers')
    .select('id')
    .where('email_norm', '=', normalEmail(email))
    .where('disabled_at', 'is', null)
    .executeTakeFirst()
}

const normalEmail = (email: string) => email.trim().toLowerCase()
