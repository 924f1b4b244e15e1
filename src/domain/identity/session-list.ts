import type { CustomerId } from '#kernel/ids'
import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { SessionNotFound } from './errors.ts'
import { endSessions, type Session, signOut } from './session-store.ts'

export interface ListedSession {
  /** Identifies the session in a form. It cannot be used to sign in. */
  id: string
  openedAt: Date
  /** Shortened, such as `192.0.2.*`. */
  network: string | undefined
  browser: string | undefined
  methods: string[]
  isCurrent: boolean
}

/** The live sessions of a customer, newest first. */
export async function listSessions(
  db: Db,
  { customer, idHash }: Pick<Session, 'customer' | 'idHash'>,
  at: Date,
): Promise<ListedSession[]> {
  const rows = await db
    .selectFrom('sessions')
    .select(['id_hash', 'created_at', 'network', 'browser', 'methods'])
    .where('customer_id', '=', customer)
    .where('idle_until', '>', at)
    .where('absolute_until', '>', at)
    .orderBy('created_at', 'desc')
    .orderBy('id_hash')
    .execute()
  return rows.map((row) => ({
    id: row.id_hash.toString('base64url'),
    openedAt: row.created_at,
    network: row.network ?? undefined,
    browser: row.browser ?? undefined,
    methods: row.methods,
    isCurrent: row.id_hash.equals(idHash),
  }))
}

/** Ends one session of the same customer. Refuses `session_not_found`. */
export async function endSession(
  db: Db,
  { session: { customer }, id, request }: { session: Session; id: string; request: string },
): Promise<void> {
  const idHash = Buffer.from(id, 'base64url')
  const ended = await signOut(db, { session: { customer, idHash }, request })
  if (!ended) throw new SessionNotFound()
}

/** Ends all sessions of the customer, also the one of this browser. Connections stay. */
export async function signOutEverywhere(
  db: Db,
  { customer, request }: { customer: CustomerId; request: string },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    const sessions = await endSessions(tx, customer)
    if (!sessions) return
    const detail = { sessions }
    await audit(tx, {
      chain: `customer:${customer}`,
      action: 'sign_out_everywhere',
      outcome: 'done',
      customer,
      request,
      detail,
    })
  })
}
