import { hash, randomBytes } from 'node:crypto'
import type { CustomerId, OrgId } from '#kernel/ids'
import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

const HOUR_MS = 3_600_000
const IDLE_MS = 14 * 24 * HOUR_MS
const ABSOLUTE_MS = 30 * 24 * HOUR_MS

/** A customer who is signed in in one browser, read for the current request. */
export interface Session {
  customer: CustomerId
  email: string
  displayName: string
  /** A platform operator. */
  isOperator: boolean
  /** When the customer entered the password. */
  authAt: Date
  /** The org that the customer chose in this browser. The customer may have left it meanwhile. */
  activeOrg: OrgId | undefined
  /** SHA-256 of the token in the cookie. It identifies the session, but nobody can sign in with it. */
  idHash: Buffer
}

/**
 * Returns a token of 256 random bits, of which we store only the hash. Ends after 14 days without use, or 30 in all.
 */
export async function openSession(
  tx: Db,
  { customer, methods, at }: { customer: CustomerId; methods: readonly 'password'[]; at: Date },
): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  await tx
    .insertInto('sessions')
    .values({
      id_hash: hashOfSession(token),
      customer_id: customer,
      auth_at: at,
      methods: [...methods],
      idle_until: later(at, IDLE_MS),
      absolute_until: later(at, ABSOLUTE_MS),
      created_at: at,
    })
    .execute()
  return token
}

/** Finds and prolongs a session. Returns undefined for an unknown or expired token, and for a disabled customer. */
export async function findSession(db: Db, token: string, at: Date): Promise<Session | undefined> {
  const idHash = hashOfSession(token)
  const row = await db
    .selectFrom('sessions as s')
    .innerJoin('customers as u', 'u.id', 's.customer_id')
    .select(['u.id', 'u.email_norm', 'u.display_name', 'u.operator_since'])
    .select(['s.auth_at', 's.active_org_id', 's.idle_until', 's.absolute_until'])
    .where('s.id_hash', '=', idHash)
    .where('s.idle_until', '>', at)
    .where('s.absolute_until', '>', at)
    .where('u.disabled_at', 'is', null)
    .executeTakeFirst()
  if (!row) return undefined
  await prolong(db, idHash, { idleUntil: row.idle_until, absoluteUntil: row.absolute_until, at })
  return {
    customer: row.id,
    email: row.email_norm,
    displayName: row.display_name,
    isOperator: row.operator_since !== null,
    authAt: row.auth_at,
    activeOrg: row.active_org_id ?? undefined,
    idHash,
  }
}

/** Writes at most once an hour, so that most requests only read. */
async function prolong(
  db: Db,
  idHash: Buffer,
  { idleUntil, absoluteUntil, at }: { idleUntil: Date; absoluteUntil: Date; at: Date },
): Promise<void> {
  const due = new Date(Math.min(at.getTime() + IDLE_MS, absoluteUntil.getTime()))
  if (due.getTime() - idleUntil.getTime() < HOUR_MS) return
  await db
    .updateTable('sessions')
    .set({ idle_until: due })
    .where('id_hash', '=', idHash)
    .where('idle_until', '<', due)
    .execute()
}

/** Ends one session. A second call does nothing. */
export async function signOut(
  db: Db,
  { session, request }: { session: Pick<Session, 'idHash' | 'customer'>; request: string },
): Promise<void> {
  const { idHash, customer } = session
  await inTransaction(db, async (tx) => {
    const { numDeletedRows } = await tx
      .deleteFrom('sessions')
      .where('id_hash', '=', idHash)
      .executeTakeFirst()
    if (numDeletedRows === 0n) return
    await audit(tx, { chain: `customer:${customer}`, action: 'sign_out', outcome: 'done', customer, request })
  })
}

export async function dropExpiredSessions(tx: Db, customer: CustomerId, at: Date): Promise<void> {
  await tx
    .deleteFrom('sessions')
    .where('customer_id', '=', customer)
    .where((is) => is.or([is('idle_until', '<=', at), is('absolute_until', '<=', at)]))
    .execute()
}

/** A token has as many random bits as its hash, so it needs no salt and no slow function. */
const hashOfSession = (token: string): Buffer => hash('sha256', token, 'buffer')

const later = (at: Date, ms: number) => new Date(at.getTime() + ms)
