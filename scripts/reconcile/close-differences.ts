import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import {
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

export interface Reconciling {
  db: Db
  payments: Pick<Payments, 'statement' | 'createRefund' | 'cancelIntent'>
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

/**
 * Shows what rows, payment provider and runs say differently, and how each difference would be closed. With the mark of
 * that list, closes it, unless it has changed since. Returns false when something is left.
 */
export async function reconcile(open: Reconciling, mark?: string): Promise<boolean> {
  const { say } = open
  const found = await lastingDifferences(open)
  for (const { difference, remedy } of found) say(`${difference.says} ${wordsOf(remedy)}`)
  if (!found.length) say('Rows, bank and runs agree.')
  const closable = found.filter(({ remedy }) => remedy.kind !== 'leave')
  if (!mark) {
    if (closable.length)
      say(
        `To close ${closable.length} of ${found.length}: npm run admin -- reconcile --close ${markOf(found)}`,
      )
    return !found.length
  }
  if (mark !== markOf(found)) {
    say('The list has changed since you looked; nothing was done.')
    return false
  }
  for (const { remedy } of closable) say(await close(open, remedy))
  return closable.length === found.length
}

async function lastingDifferences({ db, payments, runs, pauseMs }: Reconciling): Promise<Found[]> {
  let stated: readonly StatedPayment[] = []
  const statedPayments = async () => (stated = await payments.statement())
  const look = () => findDifferences(db, { statedPayments, openRuns: runs.openRuns, at: new Date() })
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

const markOf = (found: readonly Found[]): string =>
  createHash('sha256')
    .update(
      found
        .map(({ difference, remedy }) => `${nameOf(difference)} ${remedy.kind}`)
        .sort()
        .join('\n'),
    )
    .digest('hex')
    .slice(0, 12)

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

/** Closes a difference and returns what was done. Doing it twice does no harm. */
async function close({ db, payments, runs }: Reconciling, remedy: Remedy): Promise<string> {
  if (remedy.kind === 'leave') return ''
  if (remedy.kind === 'terminate') {
    await runs.terminate(
      remedy.workflowId,
      'No operation of this id: the database was restored to an earlier moment.',
    )
    return `Ended ${remedy.workflowId}.`
  }
  const { payment } = remedy
  const { id } = payment
  const charge = chargeIn(payment)
  if (remedy.kind === 'cancel') {
    await closePayment(db, remedy, async () => {
      const cancelled = await payments.cancelIntent({ id, charge })
      if (cancelled === 'not_cancelable') throw new Refused(`${id} was confirmed meanwhile: look again.`)
    })
    return `Cancelled ${id}.`
  }
  const { amountMinor } = remedy
  const isDone = await closePayment(db, remedy, () => payments.createRefund({ id, charge, amountMinor }))
  return isDone ? `Paid back ${id}.` : `${id} belongs to an order by now; nothing was done.`
}

/** Every payment of ours names its charge, also when our rows have lost it. */
function chargeIn({ id, metadata }: StatedPayment): ChargeId {
  const charge = metadata['charge_id'] ?? ''
  if (!isId('chg', charge)) throw new Error(`${id} names no charge of ours`)
  return charge
}
