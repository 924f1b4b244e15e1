import { sql } from 'kysely'
import { audit } from '#domain/audit'
import { lockIntent } from '#domain/billing'
import type { OrgId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { isOpen, netOf } from './money-rules.ts'
import type { Difference, StatedPayment } from './sources.ts'

/** What closes a difference (docs/decisions/0040). `leave`: its operation or an operator does it. */
export type Remedy =
  | { kind: 'refund'; payment: StatedPayment; amountMinor: number }
  | { kind: 'cancel'; payment: StatedPayment; isOfLine: boolean }
  | { kind: 'terminate'; workflowId: string }
  | { kind: 'leave'; why: string }

/** `pending`: on its way back. `failed`: it is still owed. `taken`: nothing was done, because a charge has the payment. */
export type Closed = 'done' | 'pending' | 'failed' | 'taken'

/** Chooses how a difference is closed. Only what no row can ever answer for is closed from outside. */
export function remedyOf(
  { rule, object, operation }: Difference,
  payments: readonly StatedPayment[],
  isKnown: (operation: string) => boolean,
): Remedy {
  const payment = payments.find(({ id }) => id === object)
  if (rule === 'payment_unknown' && payment) return { kind: 'refund', payment, amountMinor: netOf(payment) }
  if (rule === 'payment_open' && payment && isOpen(payment))
    return { kind: 'cancel', payment, isOfLine: operation !== undefined }
  if (rule === 'run_without_operation' && !isKnown(operation ?? ''))
    return { kind: 'terminate', workflowId: object }
  if (rule === 'run_without_operation') return { kind: 'leave', why: 'the run ends by itself' }
  if (rule === 'operation_without_run') return { kind: 'leave', why: 'the worker resumes it within minutes' }
  if (rule === 'outbox_overdue') return { kind: 'leave', why: 'a worker takes it as soon as one runs' }
  return { kind: 'leave', why: 'an operator has to look at it' }
}

/** Which of these operations have a row. */
export async function knownOperations(db: Db, differences: readonly Difference[]): Promise<Set<string>> {
  const ids = differences.flatMap(({ operation }) => operation ?? [])
  if (!ids.length) return new Set()
  const rows = await db.selectFrom('operations').select('id').where('id', 'in', ids).execute()
  return new Set(rows.map(({ id }) => id))
}

/**
 * Pays back or cancels a payment through `act`, and audits it in the chain of its org, if that is known. Does nothing
 * when a charge has a payment of no line by now: its key was called again and goes on with it. Throws what `act` throws,
 * and audits that as failed: the provider may have done it nevertheless. The payment is locked meanwhile. `act` calls
 * `assertLocked` before each request that moves money: it throws when the connection that holds the lock is lost.
 */
export async function closePayment(
  db: Db,
  remedy: Extract<Remedy, { payment: StatedPayment }>,
  act: (assertLocked: () => Promise<void>) => Promise<Exclude<Closed, 'taken'>>,
): Promise<Closed> {
  const { kind, payment } = remedy
  const isOfLine = kind === 'cancel' && remedy.isOfLine
  const ended = await inTransaction(db, async (tx) => {
    // several slow requests take longer than a transaction may idle, and its end would be the end of the lock
    await sql`set local idle_in_transaction_session_timeout = 0`.execute(tx)
    const isUnknown = await lockIntent(tx, payment.id)
    if (!isUnknown && !isOfLine) return { status: 'fulfilled', value: 'taken' } as const
    const assertLocked = async () => void (await sql`select 1`.execute(tx))
    const [acted] = await Promise.allSettled([act(assertLocked)])
    const isDone = acted.status === 'fulfilled' && acted.value !== 'failed'
    const account = await tx
      .selectFrom('billing_accounts')
      .select('org_id')
      .where('stripe_customer_id', '=', payment.customer ?? '')
      .executeTakeFirst()
    const org: OrgId | undefined = account?.org_id
    await audit(tx, {
      chain: org ? `org:${org}` : 'platform',
      action: kind === 'refund' ? 'refund_unknown_payment' : 'cancel_unknown_payment',
      outcome: isDone ? 'done' : 'failed',
      ...(org && { org }),
      object: payment.id,
    })
    return acted
  })
  if (ended.status === 'rejected') throw ended.reason
  return ended.value
}
