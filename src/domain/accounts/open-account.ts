import { audit } from '#domain/audit'
import { addCustomerOnce, normalEmail } from '#domain/identity'
import { createPersonalOrg } from '#domain/orgs'
import { type CustomerId, mintId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { assertEmail, personName } from './email.ts'
import { storeLink } from './mail-links.ts'

export interface NewAccount {
  /** The operator vouches that it belongs to the person. */
  email: string
  name: string
  /** A platform operator. */
  isOperator: boolean
  at: Date
}

/**
 * For the operator. Opens an account with its personal org, without a password. Returns the token of a link with which the
 * person chooses one, or undefined when the address has an account already. Refuses `email_not_valid`, `name_not_valid`.
 */
export async function openAccount(
  db: Db,
  { email: given, name, isOperator, at }: NewAccount,
): Promise<{ id: CustomerId; token: string; expiresAt: Date } | undefined> {
  assertEmail(given)
  const email = normalEmail(given)
  const displayName = personName(name)
  const id = mintId('cst', at, Math.random)
  return inTransaction(db, async (tx) => {
    if (!(await addCustomerOnce(tx, { id, email, displayName, isOperator, at }))) return undefined
    const org = await createPersonalOrg(tx, { customer: id, email, name: displayName, at })
    const { token, expiresAt } = await storeLink(tx, { purpose: 'password_reset', email, customer: id, at })
    const event = { action: 'create_person', outcome: 'done', object: id, detail: { isOperator } } as const
    await audit(tx, { chain: `customer:${id}`, ...event, org })
    await audit(tx, { chain: 'platform', ...event })
    return { id, token, expiresAt }
  })
}
