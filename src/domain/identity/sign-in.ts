import { setTimeout as sleep } from 'node:timers/promises'
import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { type Credentials, findCredentials } from './customer-store.ts'
import { WrongEmailOrPassword } from './errors.ts'
import { forgetGuesses, type GuessLimits } from './guess-limits.ts'
import type { Passwords } from './passwords.ts'
import { openSession, type Session, signOut } from './session-store.ts'
import { countSignInAttempt, type SignInAttempt } from './sign-in-attempts.ts'

/**
 * A refusal takes a multiple of this, so that its time does not reveal a known address, also on a busy machine. A check of
 * the password takes less.
 */
const REFUSAL_TAKES_MS = 150

export interface SignIn extends SignInAttempt {
  password: string
  /** The name of the browser, such as `Firefox on Linux`. */
  browser?: string | undefined
  /** The previous session of this browser. It ends, whichever customer it belongs to. */
  previous: Session | undefined
  /** The id of the request, as in the log. */
  request: string
}

/**
 * Returns the token of a new session, which is only half a session when the customer has a second factor. Refuses
 * `too_many_sign_ins` before any other check, and `wrong_email_or_password` for every other reason. The reason is only
 * in the audit log of a known customer.
 */
export async function signIn(db: Db, passwords: Passwords, given: SignIn): Promise<string> {
  const since = performance.now()
  const limits = await countSignInAttempt(db, given)
  const known = await findCredentials(db, given.email)
  const isRight = await passwords.verify(given.password, known?.passwordPhc)
  const token = known && isRight && (await beginSession(db, known, { ...given, limits }))
  if (token) return token
  if (known) await auditRefusal(db, known, given.request)
  await sleep(REFUSAL_TAKES_MS - ((performance.now() - since) % REFUSAL_TAKES_MS))
  throw new WrongEmailOrPassword()
}

async function beginSession(
  db: Db,
  known: Credentials,
  given: SignIn & { limits: GuessLimits },
): Promise<string | undefined> {
  const { previous, request, at, limits } = given
  const { id: customer } = known
  // in its own transaction: with two audit chains in one, two sign-ins could wait for each other
  if (previous) await signOut(db, { session: previous, request })
  return inTransaction(db, async (tx) => {
    if (!(await isUnchanged(tx, known))) return undefined
    await forgetGuesses(tx, limits)
    const token = await openSession(tx, { customer, methods: ['password'], at, from: given })
    await audit(tx, { chain: `customer:${customer}`, action: 'sign_in', outcome: 'done', customer, request })
    return token
  })
}

/**
 * Whether the password that was verified is still the current one. Locks the row: a password change ends all sessions
 * and must not miss the one that is being opened.
 */
async function isUnchanged(tx: Db, { id, passwordPhc }: Credentials): Promise<boolean> {
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

async function auditRefusal(
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
