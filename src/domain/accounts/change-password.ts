import { audit } from '#domain/audit'
import {
  checkNewPassword,
  countGuess,
  endSessions,
  findCredentials,
  forgetGuesses,
  guessLimits,
  isKnownNetwork,
  lockCustomer,
  type Passwords,
  type SecurityChange,
  setPassword,
  WrongPassword,
} from '#domain/identity'
import { queueMail } from '#domain/mail'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { TooManyRequests } from './errors.ts'
import { useUpLinks } from './mail-links.ts'

/** Limits guesses of the current password, by somebody who uses the owner's signed-in browser. */
const PER_NETWORK = 10

export interface PasswordChange extends SecurityChange {
  current: string
  next: string
  network: string
}

/**
 * Changes the password and ends all other sessions and mailed links. Refuses `wrong_password`, `password_refused`, and
 * `too_many_requests` after 10 tries within 15 minutes from one network; for more networks see `guessLimits`.
 */
export async function changePassword(db: Db, passwords: Passwords, given: PasswordChange): Promise<void> {
  const { session, current, next, network, at, request } = given
  const { customer, email, displayName } = session
  const isKnown = await isKnownNetwork(db, { of: { customer }, network, at })
  const limits = guessLimits({ about: `password/${customer}/`, network, isKnown, max: PER_NETWORK })
  const refusing = await countGuess(db, [limits.here, ...limits.wider], at)
  if (refusing) throw new TooManyRequests(refusing.wait)
  const known = await findCredentials(db, email)
  if (!(await passwords.verify(current, known?.passwordPhc))) return refuse(db, given)
  await checkNewPassword(next, [email, displayName])
  const passwordPhc = await passwords.hash(next)
  await inTransaction(db, async (tx) => {
    const person = await lockCustomer(tx, customer)
    // somebody else changed it meanwhile
    if (!person || person.passwordPhc !== known?.passwordPhc) throw new WrongPassword()
    await forgetGuesses(tx, limits)
    await setPassword(tx, customer, passwordPhc)
    const sessions = await endSessions(tx, customer, { but: session })
    await useUpLinks(tx, customer, at)
    const data = { at: at.toISOString() }
    await queueMail(tx, { kind: 'password_changed', to: person.email, data, key: `${request}/password`, at })
    await audit(tx, {
      chain: `customer:${customer}`,
      action: 'change_password',
      outcome: 'done',
      customer,
      request,
      detail: { sessions },
    })
  })
}

async function refuse(db: Db, { session: { customer }, request }: PasswordChange): Promise<never> {
  await inTransaction(db, (tx) =>
    audit(tx, {
      chain: `customer:${customer}`,
      action: 'change_password',
      outcome: 'refused',
      code: 'wrong_password',
      customer,
      request,
    }),
  )
  throw new WrongPassword()
}
