import { sql } from 'kysely'
import { raiseForOperator } from '#domain/incidents'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import type { MailData, MailKind } from './kinds.ts'

const DAY_MS = 24 * 60 * 60_000
const GIVE_UP_AFTER_MS = 3 * DAY_MS
/** Longer than an attempt may take. After this time another process sends the mail of a process that died. */
const LEASE = '3 minutes'
/** The row of a sent mail stays this long, so that no second mail with its key is sent. */
const KEPT_MS = 90 * DAY_MS
const DELETED_AT_ONCE = 100

/** An encrypted secret, bound to the mail by `mailSecretAbout(key)`. */
export interface SealedLink {
  keyId: string
  sealed: Buffer
}

export type NewMail<Kind extends MailKind = MailKind> = {
  [K in Kind]: {
    kind: K
    /** The address of one person. */
    to: string
    data: MailData[K]
    /** What causes the mail, such as `new_connection:con_…`. Only the first mail with a key is sent. */
    key: string
    at: Date
    /** The token of the link in the mail. */
    link?: SealedLink
    /** After this time it is useless and no longer sent. Default: 3 days. */
    giveUpAt?: Date
  }
}[Kind]

/** The text that binds the encrypted token of a link to its mail, so that it cannot be decrypted for another mail. */
export const mailSecretAbout = (key: string) => `mail ${key}`

/**
 * Queues a mail in the transaction of the action that causes it. The worker sends the mail after the commit. A mail
 * with the same key is queued only once, also when two transactions race.
 */
export async function queueMail(tx: Db, mail: NewMail): Promise<void> {
  const { kind, to, data, key, at, link, giveUpAt } = mail
  // by the clock of Postgres, because the clock of the process that queues it may be wrong
  const sendableMs = giveUpAt ? giveUpAt.getTime() - at.getTime() : GIVE_UP_AFTER_MS
  await tx
    .insertInto('mails')
    .values({
      key,
      kind,
      to_address: to,
      data: JSON.stringify(data),
      secret_key_id: link?.keyId ?? null,
      secret_sealed: link?.sealed ?? null,
      created_at: at,
      due_at: sql`now()`,
      give_up_at: sql`now() + make_interval(secs => ${sendableMs / 1000})`,
    })
    .onConflict((on) => on.column('key').doNothing())
    .execute()
}

/** A mail that this process sends now. */
export type DueMail = NewMail & {
  id: number
  attempts: number
  /** The time to send it is over. */
  isTooLate: boolean
}

/** Leases due mails for 3 minutes, so that two processes never send the same one. Uses the index `mails_by_due`. */
export async function leaseMails(db: Db, limit: number): Promise<DueMail[]> {
  const rows = await db
    .updateTable('mails')
    .set({ due_at: sql`now() + ${LEASE}::interval`, attempts: sql`attempts + 1` })
    .where('id', 'in', (due) =>
      due
        .selectFrom('mails')
        .select('id')
        .where('due_at', '<=', sql<Date>`now()`)
        .orderBy('due_at')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['id', 'key', 'kind', 'to_address', 'data', 'secret_key_id', 'secret_sealed'])
    .returning(['created_at', 'attempts'])
    .returning(sql<boolean>`give_up_at < now()`.as('is_too_late'))
    .execute()
  return rows.map((row) => {
    const { secret_key_id: keyId, secret_sealed: sealed } = row
    return {
      id: row.id,
      kind: row.kind,
      to: row.to_address,
      data: row.data,
      key: row.key,
      at: row.created_at,
      isTooLate: row.is_too_late,
      attempts: row.attempts,
      ...(keyId !== null && sealed !== null && { link: { keyId, sealed } }),
    } as DueMail
  })
}

export async function mailIsSent(db: Db, id: number): Promise<void> {
  await db
    .updateTable('mails')
    .set({ sent_at: sql`now()`, due_at: null, last_error: null, ...NO_SECRET })
    .where('id', '=', id)
    .where('sent_at', 'is', null)
    .execute()
}

/** Tries again after 2^n s, but at most an hour. `why` is a code, never a text of the mail server. */
export async function postponeMail(
  db: Db,
  { id, attempts }: Pick<DueMail, 'id' | 'attempts'>,
  why: string,
): Promise<void> {
  const seconds = Math.min(2 ** attempts, 3600)
  await db
    .updateTable('mails')
    .set({ due_at: sql`now() + make_interval(secs => ${seconds})`, last_error: why })
    .where('id', '=', id)
    .where('due_at', 'is not', null)
    .execute()
}

export const NOT_SENT_IN_TIME = 'not_sent_in_time'

/** The row stays with its reason. A mail that was not sent in time needs an operator, an unknown address does not. */
export async function giveUpMail(
  db: Db,
  { id, kind }: Pick<DueMail, 'id' | 'kind'>,
  why: string,
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const given = await tx
      .updateTable('mails')
      .set({ given_up_at: sql`now()`, due_at: null, last_error: why, ...NO_SECRET })
      .where('id', '=', id)
      .where('due_at', 'is not', null)
      .executeTakeFirst()
    if (!given.numUpdatedRows || why !== NOT_SENT_IN_TIME) return
    await raiseForOperator(tx, { kind: 'mail_given_up', object: `mail ${id}`, detail: kind, at: new Date() })
  })
}

/** Deletes mails that were sent 90 days ago. Mails that were given up stay. */
export async function deleteOldMails(db: Db, at: Date): Promise<void> {
  await db
    .deleteFrom('mails')
    .where('id', 'in', (old) =>
      old
        .selectFrom('mails')
        .select('id')
        .where('sent_at', '<', new Date(at.getTime() - KEPT_MS))
        .limit(DELETED_AT_ONCE)
        .forUpdate()
        .skipLocked(),
    )
    .execute()
}

const NO_SECRET = { secret_key_id: null, secret_sealed: null }
