import type { BookedLine } from './booked-lines.ts'
import type { Difference, Rule, StatedPayment } from './sources.ts'

const IN_FORCE = ['active', 'expired', 'suspended']
const OVER = ['succeeded', 'canceled']

export const isOpen = ({ status }: StatedPayment): boolean => !OVER.includes(status)

/** What the customer has paid and did not get back. */
export const netOf = ({ charges, refunds }: StatedPayment): number => sum(charges) - sum(refunds)

const sum = (all: ReadonlyArray<{ amountMinor: number }>) =>
  all.reduce((total, { amountMinor }) => total + amountMinor, 0)

export interface Account {
  line: BookedLine
  payments: readonly StatedPayment[]
  /** What the ledger has booked for these payments. */
  bookedMinor: number
}

/**
 * Compares one line with its payments and the ledger. While its operation is open, only a second charge is a
 * difference, because everything else may be under way.
 */
export function differencesOf({ line, payments, bookedMinor }: Account): Difference[] {
  const { id, operation, isPaid, totalMinor: total } = line
  const differs = (rule: Rule, says: string, object: string = id): Difference => ({
    rule,
    object,
    operation,
    says,
  })
  const charged = payments.reduce((count, { charges }) => count + charges.length, 0)
  if (charged > 1) return [differs('charged_twice', `The line ${id} was charged ${charged} times.`)]
  if (!line.isOver) return []
  const net = payments.reduce((minor, payment) => minor + netOf(payment), 0)
  const found = payments
    .filter(isOpen)
    .map((open) => differs('payment_open', `The payment ${open.id} of the line ${id} is open.`, open.id))
  const hasLicence = line.licences.length > 0 && line.licences.every((status) => IN_FORCE.includes(status))
  if ((net > 0 || (isPaid && total === 0)) && !hasLicence)
    found.push(
      differs(
        'money_without_licence',
        `The line ${id} cost ${net}, and has licences ${line.licences.join(' ')}.`,
      ),
    )
  if (hasLicence && net !== total)
    found.push(differs('licence_without_money', `The line ${id} of ${total} has a licence and cost ${net}.`))
  if (net > 0 && ['failed', 'cancelled'].includes(line.status))
    found.push(differs('paid_but_failed', `The line ${id} cost ${net}, and its operation is ${line.status}.`))
  if (bookedMinor !== net)
    found.push(
      differs('books_differ', `The ledger has ${bookedMinor} for the line ${id}, the bank has ${net}.`),
    )
  else if (line.charge && (line.state === 'succeeded') !== isPaid)
    found.push(differs('books_differ', `The line ${id} is paid: ${isPaid}, and its charge is ${line.state}.`))
  const hold = isPaid ? 'settled' : 'released'
  if (line.wantsHold && line.hold !== hold)
    found.push(
      differs('hold_wrong', `The spending of the line ${id} is ${line.hold ?? 'missing'}, not ${hold}.`),
    )
  return found
}
