import { setTimeout as sleep } from 'node:timers/promises'
import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { type Credentials, findCredentials } from './customer-store.ts'
import { WrongEmailOrPassword } from './errors.ts'
import type { Passwords } from './passwords.ts'
import { dropExpiredSessions, openSession, type Session, signOut } from './session-store.ts'
import { countSignInAttempt, forgetSignInAttempts, type Tried } from './sign-in-attempts.ts'

/** Longer than a look at the password and a note of it take, so that time does not tell a known address. */
const REFUSAL_TAKES_MS = 150

export interface SignIn extends Tried {
  password: string
  /** The session that browser had; it ends, whoever's it was. */
  previous: Session | undefined
  /** The id of the request, as the log has it. */
  request: string
}

/**
 * Answers the token of a new session. Refuses `too_many_sign_ins` before it looks at anything, and
 * `wrong_email_or_password` alike for each reason; only the audit log of a known customer has the reason.
 */
export async function signIn(db: Db, passwords: Passwords, given: SignIn): Promise<string> {
  const since = performance.now()
  await countSignInAttempt(db, given)
  const known = await findCredentials(db, given.email)
  const isRight = await passwords.verify(given.password, known?.passwordPhc)
  const token = known && isRight && (await beginSession(db, known, given))
  if (token) return token
  if (known) await noteRefusal(db, known, given.request)
  await sleep(Math.max(0, REFUSAL_TAKES_MS - (performance.now() - since)))
  throw new WrongEmailOrPassword()
}

async function beginSession(db: Db, known: Credentials, given: SignIn): Promise<string | undefined> {
  const { previous, request, at } = given
  const { id: customer } = known
  // a transaction of its own: two audit chains in one could wait for each other
  if (previous) await signOut(db, { session: previous, request })
  return inTransaction(db, async (tx) => {
    if (!(await stillHolds(tx, known))) return undefined
    await forgetSignInAttempts(tx, given)
    await dropExpiredSessions(tx, customer, at)
    const token = await openSession(tx, { customer, methods: ['password'], at })
    await audit(tx, { chain: `customer:${customer}`, action: 'sign_in', outcome: 'done', customer, request })
    return token
  })
}

/** Keeps a password change, which ends all sessions, from missing the one that is being opened with the old one. */
async function stillHolds(tx: Db, { id, passwordPhc }: Credentials): Promise<boolean> {
  const held = await tx
    .selectFrom('customers')
    .select('id')
    .where('id', '=', id)
    .where('password_phc', '=', passwordPhc)
    .where('disabled_at', 'is', null)
    .forShare()
    .executeTakeFirst()
  return held !== undefined
}

async function noteRefusal(
  db: Db,
  { id: customer, isDisabled }: Credentials,
  request: string,
): Promise<void> {
  const code = isDisabled ? 'customer_disabled' : 'wrong_password'
  await inTransaction(db, (tx) =>
    audit(tx, {
      chain: `customer:${customer}`,
      action: 'sign_in',
      outcome: 'refused',
      customer,
      code,
      request,
    }),
  )
}
