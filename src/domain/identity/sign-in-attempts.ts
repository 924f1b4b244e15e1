import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../../platform/database.ts'
import { normalEmail } from './customer-store.ts'
import { TooManySignIns } from './errors.ts'

const TRIES = 10
const WINDOW_MS = 15 * 60_000
const DELETED_AT_ONCE = 20

/** An attempt to sign in with an address, known or not, from one network (an IPv4 address or an IPv6 /64). */
export interface SignInAttempt {
  email: string
  network: string
  at: Date
}

/** Call it before the password is verified. Refuses `too_many_sign_ins` after 10 attempts within 15 minutes. */
export async function countSignInAttempt(db: Db, attempt: SignInAttempt): Promise<void> {
  const { at } = attempt
  const before = new Date(at.getTime() - WINDOW_MS)
  await deleteOldAttempts(db, before)
  const isOver = sql<boolean>`sign_in_attempts.since <= ${before}`
  const { tries, since } = await db
    .insertInto('sign_in_attempts')
    .values({ key_hash: keyOf(attempt), tries: 1, since: at })
    .onConflict((conflict) =>
      conflict.column('key_hash').doUpdateSet({
        tries: sql`case when ${isOver} then 1 else sign_in_attempts.tries + 1 end`,
        since: sql`case when ${isOver} then excluded.since else sign_in_attempts.since end`,
      }),
    )
    .returning(['tries', 'since'])
    .executeTakeFirstOrThrow()
  if (tries > TRIES) throw new TooManySignIns(Math.ceil((since.getTime() + WINDOW_MS - at.getTime()) / 1000))
}

/** Call it after the correct password, which shows that the attempts were not guesses. */
export async function forgetSignInAttempts(tx: Db, attempt: SignInAttempt): Promise<void> {
  await tx.deleteFrom('sign_in_attempts').where('key_hash', '=', keyOf(attempt)).execute()
}

/** Deletes a few old rows at each attempt. Skips rows that another transaction has locked. */
async function deleteOldAttempts(db: Db, before: Date): Promise<void> {
  await db
    .deleteFrom('sign_in_attempts')
    .where('key_hash', 'in', (from) =>
      from
        .selectFrom('sign_in_attempts')
        .select('key_hash')
        .where('since', '<=', before)
        .orderBy('since')
        .limit(DELETED_AT_ONCE)
        .forUpdate()
        .skipLocked(),
    )
    .execute()
}

const keyOf = ({ email, network }: SignInAttempt): Buffer =>
  createHash('sha256')
    .update(`${normalEmail(email)}\0${network}`)
    .digest()
