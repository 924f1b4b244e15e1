import { createHash } from 'node:crypto'
import { sql } from 'kysely'
import type { Db } from '../../platform/database.ts'
import { normalEmail } from './customer-store.ts'
import { TooManySignIns } from './errors.ts'

const TRIES = 10
const WINDOW_MS = 15 * 60_000
const SWEPT_AT_ONCE = 20

/** An address, known or not, as it is tried from one network (an IPv4 address or an IPv6 /64). */
export interface Tried {
  email: string
  network: string
  at: Date
}

/** Counts before the password is looked at; the eleventh try within 15 minutes of the first is `too_many_sign_ins`. */
export async function countSignInAttempt(db: Db, tried: Tried): Promise<void> {
  const { at } = tried
  const before = new Date(at.getTime() - WINDOW_MS)
  await sweep(db, before)
  const isOver = sql<boolean>`sign_in_attempts.since <= ${before}`
  const { tries, since } = await db
    .insertInto('sign_in_attempts')
    .values({ key_hash: keyOf(tried), tries: 1, since: at })
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

/** Who knows the password is not guessing. */
export async function forgetSignInAttempts(tx: Db, tried: Tried): Promise<void> {
  await tx.deleteFrom('sign_in_attempts').where('key_hash', '=', keyOf(tried)).execute()
}

/** A few old rows with each new one; rows that somebody else holds are left to the next. */
async function sweep(db: Db, before: Date): Promise<void> {
  await db
    .deleteFrom('sign_in_attempts')
    .where('key_hash', 'in', (from) =>
      from
        .selectFrom('sign_in_attempts')
        .select('key_hash')
        .where('since', '<=', before)
        .orderBy('since')
        .limit(SWEPT_AT_ONCE)
        .forUpdate()
        .skipLocked(),
    )
    .execute()
}

const keyOf = ({ email, network }: Tried): Buffer =>
  createHash('sha256')
    .update(`${normalEmail(email)}\0${network}`)
    .digest()
