import type { OperationId } from '#kernel/ids'
import { moneyText } from '#kernel/money'
import type { Db } from '../../platform/database.ts'
import { type BookedLine, bookedLines, bookedMoney } from './booked-lines.ts'
import { listedAndOver, leftOver } from './left-over.ts'
import { type Account, differencesOf, isOpen, netOf } from './money-rules.ts'
import { differencesOfRuns } from './run-rules.ts'
import type { Difference, Sources, StatedPayment } from './sources.ts'

/**
 * Compares rows, payment provider and runs, and returns every difference (the invariants of docs/recovery.md). Rows are
 * read first: what is over then has its final state at the provider. What is under way is not a difference.
 */
export async function findDifferences(db: Db, sources: Sources): Promise<Difference[]> {
  const { isAtRest = false, openRuns } = sources
  const lines = (await bookedLines(db)).map((line) => ({ ...line, isOver: line.isOver || isAtRest }))
  const booked = await bookedMoney(db)
  const rows = await leftOver(db, { isAtRest })
  const listed = await listedAndOver(db)
  const payments = await sources.statedPayments()
  const lineOf = lineFinder(lines)
  const unknown = payments.filter((payment) => !lineOf(payment))
  const paymentsOf = Map.groupBy(payments, (payment) => lineOf(payment)?.id)
  const accounts = lines.map((line): Account => {
    const own = paymentsOf.get(line.id) ?? []
    return { line, payments: own, bookedMinor: bookedFor(own, booked) }
  })
  const found = [
    ...accounts.flatMap(differencesOf),
    ...booksWithoutPayment(payments, booked),
    ...(await differencesOfUnknown(db, unknown)),
    ...rows,
    ...(openRuns ? await differencesOfRuns(db, await openRuns()) : []),
  ]
  return [...found, ...entriesWithoutDebt(listed, found)]
}

/** Finds the line of a payment: by its stored id, else by what was sent with the payment. */
function lineFinder(lines: readonly BookedLine[]) {
  const by = (key: (line: BookedLine) => string | null) =>
    new Map(lines.flatMap((line) => (key(line) ? [[key(line), line]] : [])))
  const [byIntent, byCharge, byId] = [
    by(({ intent }) => intent),
    by(({ charge }) => charge),
    by(({ id }) => id),
  ]
  return ({ id, metadata, transferGroup }: StatedPayment): BookedLine | undefined =>
    byIntent.get(id) ??
    byCharge.get(metadata['charge_id'] ?? '') ??
    byId.get(transferGroup as BookedLine['id'])
}

const keysOf = ({ charges, refunds }: StatedPayment): string[] => [
  ...charges.map(({ id }) => `charge:${id}`),
  ...refunds.map(({ id }) => `refund:${id}`),
]

const bookedFor = (payments: readonly StatedPayment[], booked: Map<string, number>): number =>
  payments.flatMap(keysOf).reduce((minor, key) => minor + (booked.get(key) ?? 0), 0)

/** Postings about money that the provider does not list. */
function booksWithoutPayment(payments: readonly StatedPayment[], booked: Map<string, number>): Difference[] {
  const listed = new Set(payments.flatMap(keysOf))
  return [...booked]
    .filter(([key]) => /^(charge|refund):/.test(key) && !listed.has(key))
    .map(([key, minor]) => ({
      rule: 'books_differ',
      object: key,
      operation: undefined,
      says: `The ledger has ${minor} for ${key}, which the bank does not have.`,
    }))
}

/** Payments of no line. A line that was opened after the rows were read is looked up again. */
async function differencesOfUnknown(db: Db, unknown: readonly StatedPayment[]): Promise<Difference[]> {
  const wrong = unknown.filter((payment) => isOpen(payment) || netOf(payment) > 0)
  if (!wrong.length) return []
  const nowKnown = lineFinder(await bookedLines(db))
  return wrong
    .filter((payment) => !nowKnown(payment))
    .map((payment) => ({
      rule: isOpen(payment) ? 'payment_open' : 'payment_unknown',
      object: payment.id,
      operation: undefined,
      says: isOpen(payment)
        ? `The payment ${payment.id} is open and belongs to no order.`
        : `The payment ${payment.id} took ${moneyText({ amountMinor: netOf(payment), currency: payment.currency })} for no order.`,
    }))
}

/** An entry of the operators' list about a step that is tried is right only while something else differs. */
function entriesWithoutDebt(listed: readonly OperationId[], found: readonly Difference[]): Difference[] {
  return listed
    .filter((id) => !found.some(({ operation }) => operation === id))
    .map((id) => ({
      rule: 'entry_without_debt',
      object: id,
      operation: id,
      says: `The operation ${id} is over and owes nothing, and the operators' list still has it as stuck.`,
    }))
}
