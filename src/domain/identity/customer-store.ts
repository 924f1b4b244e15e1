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
  /** The result of `Passwords.hash`. A customer without one cannot sign in. */
  passwordPhc?: string
}

export async function addCustomer(
  db: Db,
  { id, email, displayName, at, isOperator, passwordPhc }: NewCustomer,
): Promise<void> {
  await db
    .insertInto('customers')
    .values({
      id,
      email_norm: normalEmail(email),
      display_name: displayName,
      password_phc: passwordPhc ?? null,
      created_at: at,
      operator_since: isOperator ? at : null,
    })
    .execute()
}

export interface Credentials {
  id: CustomerId
  passwordPhc: string | null
  isDisabled: boolean
}

/** The stored password hash of a customer, also of a disabled one. */
export async function findCredentials(db: Db, email: string): Promise<Credentials | undefined> {
  const row = await db
    .selectFrom('customers')
    .select(['id', 'password_phc', 'disabled_at'])
    .where('email_norm', '=', normalEmail(email))
    .executeTakeFirst()
  return row && { id: row.id, passwordPhc: row.password_phc, isDisabled: row.disabled_at !== null }
}

/** Replaces NUL, because Postgres does not accept it in text. */
export const normalEmail = (email: string) => email.replaceAll('\0', '\uFFFD').trim().toLowerCase()
