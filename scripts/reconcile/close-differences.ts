import { setTimeout as sleep } from 'node:timers/promises'
import { nextRefund, sendNumbered } from '#domain/billing'
import {
  type Closed,
  closePayment,
  type Difference,
  findDifferences,
  knownOperations,
  type Remedy,
  remedyOf,
  type StatedPayment,
} from '#domain/differences'
import { type ChargeId, isId } from '#kernel/ids'
import { moneyText } from '#kernel/money'
import type { Db } from '#platform/database'
import type { Payments } from '#platform/payments'
import type { TemporalRuns } from '#platform/temporal-runs'
import { Refused } from '../market.ts'
import { type Entry, showOrClose } from './marked-list.ts'

export interface Reconciling {
  db: Db
  payments: Pick<
    Payments,
    'statement' | 'listRefunds' | 'createRefund' | 'getIntent' | 'cancelIntent' | 'isStored' | 'isUnknown'
  >
  runs: Pick<TemporalRuns, 'openRuns' | 'terminate'>
  /** Prints a line. */
  say: (line: string) => void
  /** Between two looks. What differs in only one of them was under way. */
  pauseMs: number
}

interface Found {
  difference: Difference
  remedy: Remedy
}
type Closable = Exclude<Remedy, { kind: 'leave' }>

/**
 * Shows what rows, payment provider and runs say differently, and how each difference would be closed. With the mark of
 * that list, closes it, unless it has changed since. Returns false when something is left.
 */
export async function reconcile(open: Reconciling, mark?: string): Promise<boolean> {
  const { say } = open
  const found = await lastingDifferences(open)
  if (!found.length) say('Rows, bank and runs agree.')
  const entries = found.map((each) => entryOf(open, each))
  return showOrClose(entries, { mark, command: 'npm run admin -- reconcile', todo: 'close', say })
}

function entryOf(open: Reconciling, { difference, remedy }: Found): Entry {
  const entry = {
    name: `${nameOf(difference)} ${remedy.kind}`,
    says: `${difference.says} ${wordsOf(remedy)}`,
    object: difference.object,
  }
  if (remedy.kind === 'leave') return entry
  return {
    ...entry,
    async close() {
      const closed = await close(open, remedy)
      return { says: wordsAfter(remedy, closed), isClosed: closed !== 'failed' }
    },
  }
}

async function lastingDifferences({ db, payments, runs, pauseMs }: Reconciling): Promise<Found[]> {
  let stated: readonly StatedPayment[] = []
  const statedPayments = async () => (stated = await payments.statement())
  const look = () => findDifferences(db, { statedPayments, openRuns: runs.openRuns })
  const first = new Set((await look()).map(nameOf))
  await sleep(pauseMs)
  const lasting = (await look()).filter((difference) => first.has(nameOf(difference)))
  const known = await knownOperations(db, lasting)
  return lasting.map((difference) => ({
    difference,
    remedy: remedyOf(difference, stated, (operation) => known.has(operation)),
  }))
}

const nameOf = ({ rule, object }: Difference) => `${rule} ${object}`

function wordsOf(remedy: Remedy): string {
  switch (remedy.kind) {
    case 'refund':
      return `→ pay back ${moneyText({ amountMinor: remedy.amountMinor, currency: remedy.payment.currency })}.`
    case 'cancel':
      return '→ cancel the payment.'
    case 'terminate':
      return '→ end the run.'
    case 'leave':
      return `→ ${remedy.why}.`
  }
}

function wordsAfter(remedy: Closable, closed: Closed): string {
  if (remedy.kind === 'terminate') return `Ended ${remedy.workflowId}.`
  const { id } = remedy.payment
  switch (closed) {
    case 'done':
      return remedy.kind === 'refund' ? `Paid back ${id}.` : `Cancelled ${id}.`
    case 'pending':
      return `${id} is being paid back; the bank may still refuse it.`
    case 'failed':
      return `${id} could not be paid back: look again.`
    case 'taken':
      return `${id} belongs to an order by now; nothing was done.`
  }
}

/** Closes a difference. Doing it twice does no harm. */
async function close({ db, payments, runs }: Reconciling, remedy: Closable): Promise<Closed> {
  switch (remedy.kind) {
    case 'terminate':
      await runs.terminate(
        remedy.workflowId,
        'No operation of this id: the database was restored to an earlier moment.',
      )
      return 'done'
    case 'cancel':
      return closePayment(db, remedy, (assertLocked) =>
        cancel({ db, payments, assertLocked }, remedy.payment),
      )
    case 'refund':
      return closePayment(db, remedy, (assertLocked) =>
        payBack({ db, payments, assertLocked }, remedy.payment),
      )
  }
}

interface AtProvider extends Pick<Reconciling, 'db' | 'payments'> {
  assertLocked: () => Promise<void>
}

async function cancel({ db, payments, assertLocked }: AtProvider, payment: StatedPayment): Promise<'done'> {
  const { id } = payment
  const charge = chargeIn(payment)
  await sendNumbered(db, {
    object: charge,
    action: 'cancel',
    async send(n) {
      await assertLocked()
      const cancelled = await payments.cancelIntent({ id, charge, n })
      if (cancelled === 'not_cancelable') throw new ConfirmedMeanwhile()
    },
    // the provider stores that refusal, too
    isStored: (error) => error instanceof ConfirmedMeanwhile || payments.isStored(error),
    hasNothingHappened: async () => (await payments.getIntent(id)).status !== 'canceled',
  })
  return 'done'
}

class ConfirmedMeanwhile extends Refused {
  constructor() {
    super('It was confirmed meanwhile.')
  }
}

/**
 * Pays back what is left. After a refund has failed, or a look showed that a request with a stored error had no effect,
 * the next request has the next number. Not in the transaction of the lock: the number has to outlive a failure.
 */
async function payBack(
  { db, payments, assertLocked }: AtProvider,
  payment: StatedPayment,
): Promise<'done' | 'pending' | 'failed'> {
  const { id, charges } = payment
  const charge = chargeIn(payment)
  const received = charges.reduce((minor, { amountMinor }) => minor + amountMinor, 0)
  const look = async () => nextRefund(received, await payments.listRefunds(id))
  const before = await look()
  if (before.kind !== 'create') return before.kind === 'wait' ? 'pending' : 'done'
  try {
    await sendNumbered(db, {
      object: charge,
      action: 'refund',
      least: before.n,
      async send(n) {
        await assertLocked()
        await payments.createRefund({ id, charge, amountMinor: before.amountMinor, n })
      },
      isStored: payments.isStored,
      hasNothingHappened: async () => (await look()).kind === 'create',
    })
  } catch (error) {
    if (!payments.isUnknown(error)) throw error
  }
  const { kind } = await look()
  return kind === 'create' ? 'failed' : kind === 'wait' ? 'pending' : 'done'
}

/** Every payment of ours names its charge, also when our rows have lost it. */
function chargeIn({ id, metadata }: StatedPayment): ChargeId {
  const charge = metadata['charge_id'] ?? ''
  if (!isId('chg', charge)) throw new Error(`${id} names no charge of ours`)
  return charge
}
