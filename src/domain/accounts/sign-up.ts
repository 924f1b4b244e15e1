import { audit } from '#domain/audit'
import {
  addCustomerOnce,
  checkNewPassword,
  openSession,
  type Origin,
  type Passwords,
  type Session,
  signOut,
} from '#domain/identity'
import { createPersonalOrg } from '#domain/orgs'
import { mintId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { chosenName } from './email.ts'
import { LinkNotValid } from './errors.ts'
import { findLink, useLink } from './mail-links.ts'

export interface SignUp {
  token: string
  name: string
  password: string
  from: Origin
  /** The previous session of this browser. It ends. */
  previous: Session | undefined
  at: Date
  request: string
}

/**
 * Opens an account with its personal org, and signs the person in. Only the link proves the address, so an attacker
 * cannot open an account for an address of somebody else. Returns the token of the session. Refuses `link_not_valid`,
 * `name_not_valid`, `password_refused`.
 */
export async function confirmSignUp(db: Db, passwords: Passwords, given: SignUp): Promise<string> {
  const { token, from, previous, at, request } = given
  const link = await findLink(db, token, at)
  if (link?.purpose !== 'sign_up') throw new LinkNotValid()
  const { email } = link
  const displayName = chosenName(given.name)
  await checkNewPassword(given.password, [email, displayName])
  const passwordPhc = await passwords.hash(given.password)
  // in its own transaction: with two audit chains in one, two sign-ins could wait for each other
  if (previous) await signOut(db, { session: previous, request })
  return inTransaction(db, async (tx) => {
    await useLink(tx, { token, purpose: 'sign_up', at })
    const id = mintId('cst', at, Math.random)
    // another link to the same mailbox was used first
    if (!(await addCustomerOnce(tx, { id, email, displayName, at, passwordPhc }))) throw new LinkNotValid()
    const org = await createPersonalOrg(tx, { customer: id, email, name: displayName, at })
    const session = await openSession(tx, { customer: id, methods: ['password'], at, from })
    await audit(tx, {
      chain: `customer:${id}`,
      action: 'sign_up',
      outcome: 'done',
      customer: id,
      org,
      request,
    })
    return session
  })
}
