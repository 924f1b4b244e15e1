import { audit } from '#domain/audit'
import { endConnectionsOf } from '#domain/connections'
import {
  checkNewPassword,
  endSessions,
  lockCustomer,
  openSession,
  type Origin,
  type Passwords,
  type Session,
  setPassword,
  signOut,
} from '#domain/identity'
import { queueMail } from '#domain/mail'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { LinkNotValid } from './errors.ts'
import { findLink, useLink, useUpLinks } from './mail-links.ts'

export interface PasswordReset {
  token: string
  password: string
  /** Also ends all MCP connections of the customer. */
  endConnections: boolean
  from: Origin
  /** The previous session of this browser. It ends, whichever customer it belongs to. */
  previous: Session | undefined
  at: Date
  request: string
}

/**
 * Sets a new password by a mailed link, ends all sessions and other links, and begins a session. When the customer has
 * a second factor, it is only a half session until the code is entered. Refuses `link_not_valid`, `password_refused`.
 */
export async function resetPassword(db: Db, passwords: Passwords, given: PasswordReset): Promise<string> {
  const { token, password, endConnections, from, previous, at, request } = given
  const link = await findLink(db, token, at)
  if (link?.purpose !== 'password_reset' || !link.customer) throw new LinkNotValid()
  const { customer, email } = link
  await checkNewPassword(password, [email])
  const passwordPhc = await passwords.hash(password)
  // in its own transaction: with two audit chains in one, two sign-ins could wait for each other
  if (previous && previous.customer !== customer) await signOut(db, { session: previous, request })
  return inTransaction(db, async (tx) => {
    const person = await lockCustomer(tx, customer)
    // a link that was sent to an earlier address of the account is no longer valid
    if (person?.email !== email) throw new LinkNotValid()
    await useLink(tx, { token, purpose: 'password_reset', at })
    await useUpLinks(tx, customer, at)
    await setPassword(tx, customer, passwordPhc)
    const sessions = await endSessions(tx, customer)
    const reason = 'password_reset'
    const connections = endConnections
      ? (await endConnectionsOf(tx, { customer, reason, at, request })).length
      : 0
    const session = await openSession(tx, { customer, methods: ['password'], at, from })
    const data = { at: at.toISOString() }
    await queueMail(tx, { kind: 'password_changed', to: email, data, key: `${request}/password`, at })
    await audit(tx, {
      chain: `customer:${customer}`,
      action: 'reset_password',
      outcome: 'done',
      customer,
      request,
      detail: { sessions, connections },
    })
    return session
  })
}
