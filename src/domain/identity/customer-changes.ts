import type { CustomerId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { normalEmail, type NewCustomer } from './customer-store.ts'
import { forgetNetworks } from './known-networks.ts'

export interface LockedCustomer {
  email: string
  displayName: string
  passwordPhc: string | null
}

/**
 * Locks a customer, so that only one change of the address, the password or the second factor happens at a time. Call
 * it before any other lock of the customer's rows. Undefined for a disabled customer.
 */
export async function lockCustomer(tx: Db, customer: CustomerId): Promise<LockedCustomer | undefined> {
  const row = await tx
    .selectFrom('customers')
    .select(['email_norm', 'display_name', 'password_phc'])
    .where('id', '=', customer)
    .where('disabled_at', 'is', null)
    .forNoKeyUpdate()
    .executeTakeFirst()
  return row && { email: row.email_norm, displayName: row.display_name, passwordPhc: row.password_phc }
}

/**
 * Returns false when the address has an account already, also when another transaction is creating that account right
 * now.
 */
export async function addCustomerOnce(
  tx: Db,
  { id, email, displayName, at, isOperator, passwordPhc }: NewCustomer,
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('customers')
    .values({
      id,
      email_norm: normalEmail(email),
      display_name: displayName,
      password_phc: passwordPhc ?? null,
      created_at: at,
      operator_since: isOperator ? at : null,
    })
    .onConflict((on) => on.column('email_norm').doNothing())
    .executeTakeFirst()
  return Boolean(numInsertedOrUpdatedRows)
}

/** No network is known any more, because somebody else may have had the old password. */
export async function setPassword(tx: Db, customer: CustomerId, passwordPhc: string): Promise<void> {
  await tx.updateTable('customers').set({ password_phc: passwordPhc }).where('id', '=', customer).execute()
  await forgetNetworks(tx, customer)
}

/** Returns false when another account has the address. Lock the customer first. */
export async function setEmail(tx: Db, customer: CustomerId, email: string): Promise<boolean> {
  try {
    await tx
      .updateTable('customers')
      .set({ email_norm: normalEmail(email) })
      .where('id', '=', customer)
      .execute()
    return true
  } catch (error) {
    if ((error as { code?: string }).code === UNIQUE_VIOLATION) return false
    throw error
  }
}

const UNIQUE_VIOLATION = '23505'
