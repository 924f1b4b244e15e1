import type { Db } from '../../platform/database.ts'
import { countAttempt, forgetAttempts } from './attempts.ts'
import { normalEmail } from './customer-store.ts'
import { TooManySignIns } from './errors.ts'

/** An attempt to sign in with an address, known or not, from one network (an IPv4 address or an IPv6 /64). */
export interface SignInAttempt {
  email: string
  network: string
  at: Date
}

/** Call it before the password is verified. Refuses `too_many_sign_ins` after 10 attempts within 15 minutes. */
export async function countSignInAttempt(db: Db, attempt: SignInAttempt): Promise<void> {
  const wait = await countAttempt(db, limitOf(attempt), attempt.at)
  if (wait !== undefined) throw new TooManySignIns(wait)
}

/** Call it after the correct password, which shows that the attempts were not guesses. */
export const forgetSignInAttempts = (tx: Db, attempt: SignInAttempt): Promise<void> =>
  forgetAttempts(tx, limitOf(attempt))

const limitOf = ({ email, network }: SignInAttempt) => ({
  key: `sign_in:${normalEmail(email)}\0${network}`,
  max: 10,
  windowMs: 15 * 60_000,
})
