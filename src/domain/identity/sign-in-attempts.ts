import type { Db } from '../../platform/database.ts'
import { normalEmail } from './customer-store.ts'
import { TooManySignIns } from './errors.ts'
import { countGuess, type GuessLimits, guessLimits } from './guess-limits.ts'
import { isKnownNetwork } from './known-networks.ts'

const PER_NETWORK = 10

/** An attempt to sign in with an address, known or not, from one network (an IPv4 address or an IPv6 /64). */
export interface SignInAttempt {
  email: string
  network: string
  at: Date
}

/**
 * Call it before the password is verified, and `forgetGuesses` with the result after the right one. Refuses
 * `too_many_sign_ins` after 10 attempts within 15 minutes from one network, 30 from an IPv6 /56, 60 from a /48, and after
 * 100 within a day from all networks that the account does not know. A mailed link always signs its owner in.
 */
export async function countSignInAttempt(
  db: Db,
  { email, network, at }: SignInAttempt,
): Promise<GuessLimits> {
  const isKnown = await isKnownNetwork(db, { of: { email }, network, at })
  const about = `sign_in:${normalEmail(email)}\0`
  const limits = guessLimits({ about, network, isKnown, max: PER_NETWORK })
  const refusing = await countGuess(db, [limits.here, ...limits.wider], at)
  if (refusing) throw new TooManySignIns(refusing.wait, 'mailed_link')
  return limits
}
