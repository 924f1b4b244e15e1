import { hash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { CustomerId, OrgId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { orgsOf } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { rememberNetwork } from './known-networks.ts'

const HOUR_MS = 3_600_000
const IDLE_MS = 14 * 24 * HOUR_MS
const ABSOLUTE_MS = 30 * 24 * HOUR_MS
/** How long the code may follow after the password. */
const HALF_MS = 15 * 60_000

/** A customer who is signed in in one browser, read for the current request. */
export interface Session {
  customer: CustomerId
  email: string
  displayName: string
  /** A platform operator. */
  isOperator: boolean
  /** When the customer entered the password. */
  authAt: Date
  /**
   * The org that the customer chose in this browser; at first that of the oldest membership. The customer may have lost it
   * meanwhile. Undefined when they were in no org at the sign-in.
   */
  activeOrg: OrgId | undefined
  /** SHA-256 of the token in the cookie. It identifies the session, but it cannot be used to sign in. */
  idHash: Buffer
}

export type SignInMethod = 'password' | 'totp' | 'recovery_code'

/** Where a session was opened, so that its person can recognise it. */
export interface Origin {
  /** An IP address, or an IPv6 /64. Stored shortened. */
  network: string
  /** A name such as `Firefox on Linux`. */
  browser?: string | undefined
}

/**
 * Returns a token of 256 random bits, of which we store only the hash. Ends after 14 days without use, or 30 in all.
 * When the customer has a second factor and `methods` has none, nobody is signed in yet: see `findHalfSession`.
 */
export async function openSession(
  tx: Db,
  {
    customer,
    methods,
    at,
    from,
  }: { customer: CustomerId; methods: readonly SignInMethod[]; at: Date; from: Origin },
): Promise<string> {
  const token = randomBytes(32).toString('base64url')
  const isHalf = methods.length === 1 && (await hasSecondFactor(tx, customer))
  const [oldest] = await orgsOf(tx, customer)
  await tx
    .insertInto('sessions')
    .values({
      id_hash: hashOfSession(token),
      customer_id: customer,
      auth_at: at,
      methods: [...methods],
      active_org_id: oldest?.id ?? null,
      idle_until: later(at, isHalf ? HALF_MS : IDLE_MS),
      absolute_until: later(at, isHalf ? HALF_MS : ABSOLUTE_MS),
      created_at: at,
      network: shortNetwork(from.network),
      browser: from.browser?.slice(0, 60) ?? null,
    })
    .execute()
  if (!isHalf) await rememberNetwork(tx, { customer, network: from.network, at })
  return token
}

async function hasSecondFactor(db: Db, customer: CustomerId): Promise<boolean> {
  const found = await db
    .selectFrom('second_factors')
    .select('customer_id')
    .where('customer_id', '=', customer)
    .where('confirmed_at', 'is not', null)
    .executeTakeFirst()
  return found !== undefined
}

/** `192.0.2.7` → `192.0.2.*`, `2001:db8:1:2::/64` → `2001:db8:1:*`: enough to recognise a place. */
export function shortNetwork(network: string): string {
  if (network.includes(':')) return `${network.split(':').slice(0, 3).join(':')}:*`
  return network.replace(/\.\d+$/, '.*')
}

/**
 * Finds and prolongs a session. Returns undefined for an unknown or expired token, for a disabled customer, and while
 * the second factor is missing.
 */
export async function findSession(db: Db, token: string, at: Date): Promise<Session | undefined> {
  const idHash = hashOfSession(token)
  const row = await liveSession(db, idHash, at)
    .select(['u.id', 'u.email_norm', 'u.display_name', 'u.operator_since'])
    .select(['s.auth_at', 's.active_org_id', 's.idle_until', 's.absolute_until'])
    .where(IS_COMPLETE)
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

/** Finds the session of a person who has entered the password and still has to enter a code. */
export async function findHalfSession(
  db: Db,
  token: string,
  at: Date,
): Promise<Pick<Session, 'customer' | 'idHash'> | undefined> {
  const idHash = hashOfSession(token)
  const row = await liveSession(db, idHash, at)
    .select('u.id')
    .where((is) => is.not(IS_COMPLETE))
    .executeTakeFirst()
  return row && { customer: row.id, idHash }
}

const liveSession = (db: Db, idHash: Buffer, at: Date) =>
  db
    .selectFrom('sessions as s')
    .innerJoin('customers as u', 'u.id', 's.customer_id')
    .leftJoin('second_factors as f', (on) =>
      on.onRef('f.customer_id', '=', 's.customer_id').on('f.confirmed_at', 'is not', null),
    )
    .where('s.id_hash', '=', idHash)
    .where('s.idle_until', '>', at)
    .where('s.absolute_until', '>', at)
    .where('u.disabled_at', 'is', null)

/** Sessions that were opened with only a password also end when the customer has a second factor. */
const IS_COMPLETE = sql<boolean>`(f.customer_id is null or s.methods && array['totp', 'recovery_code'])`

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

/**
 * Locks a session so that it cannot end before this transaction. Call it before a row that refers to the session is stored. Returns false when it has ended
 * already.
 */
export async function holdSession(tx: Db, { idHash }: Pick<Session, 'idHash'>): Promise<boolean> {
  const held = await tx
    .selectFrom('sessions')
    .select('id_hash')
    .where('id_hash', '=', idHash)
    .forKeyShare()
    .executeTakeFirst()
  return held !== undefined
}

/** Ends one session. A second call does nothing and returns false. */
export async function signOut(
  db: Db,
  { session, request }: { session: Pick<Session, 'idHash' | 'customer'>; request: string },
): Promise<boolean> {
  const { idHash, customer } = session
  return inTransaction(db, async (tx) => {
    const { numDeletedRows } = await tx
      .deleteFrom('sessions')
      .where('id_hash', '=', idHash)
      .where('customer_id', '=', customer)
      .executeTakeFirst()
    if (numDeletedRows === 0n) return false
    await audit(tx, { chain: `customer:${customer}`, action: 'sign_out', outcome: 'done', customer, request })
    return true
  })
}

/** Ends all sessions of a customer but one. Returns the number of ended sessions. */
export async function endSessions(
  tx: Db,
  customer: CustomerId,
  { but }: { but?: Pick<Session, 'idHash'> | undefined } = {},
): Promise<number> {
  const { numDeletedRows } = await tx
    .deleteFrom('sessions')
    .where('customer_id', '=', customer)
    .$if(but !== undefined, (query) => query.where('id_hash', '!=', but?.idHash ?? Buffer.alloc(0)))
    .executeTakeFirst()
  return Number(numDeletedRows)
}

/** Deletes the sessions that have ended. It skips those that are locked, so it may run in several processes. */
export async function sweepSessions(db: Db, at: Date): Promise<void> {
  await db
    .deleteFrom('sessions')
    .where('id_hash', 'in', (expired) =>
      expired
        .selectFrom('sessions')
        .select('id_hash')
        .where((is) => is.or([is('idle_until', '<=', at), is('absolute_until', '<=', at)]))
        .forUpdate()
        .skipLocked(),
    )
    .execute()
}

/** A token has as many random bits as its hash, so it needs no salt and no slow function. */
const hashOfSession = (token: string): Buffer => hash('sha256', token, 'buffer')

const later = (at: Date, ms: number) => new Date(at.getTime() + ms)
