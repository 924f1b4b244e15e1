import type { Money } from '#kernel/money'
import type { IntentStatus } from './moves.ts'

/** A payment of the same call for the same vendor, which our rows do not know (docs/decisions/0040). */
export interface EarlierPayment {
  id: string
  status: IntentStatus
  amountMinor: number
  currency: string
  amountReceivedMinor: number
  /** What was paid back, or is being paid back. */
  amountReturnedMinor: number
  /** What it buys, and for whom: a hash (purchase-mark.ts). */
  bought: string | undefined
}

export type EarlierMove<Payment> =
  /** Use it for this charge: whoever has paid does not pay again. */
  | { kind: 'adopt'; payment: Payment }
  /** The call was paid and undone, or it was paid for something else. It is not charged again. */
  | { kind: 'refuse' }
  /** Nobody can pay these any more: go on with a payment of our own. */
  | { kind: 'create'; cancelFirst: readonly Payment[] }

/** What to do before the first payment of a charge, given what it buys and the earlier payments with its mark. */
export function moveForEarlier<Payment extends EarlierPayment>(
  { amount, bought }: { amount: Money; bought: string | undefined },
  earlier: readonly Payment[],
): EarlierMove<Payment> {
  const fits = (one: Payment) =>
    one.amountMinor === amount.amountMinor &&
    one.currency === amount.currency &&
    one.bought === bought &&
    one.amountReturnedMinor === 0
  const paid = earlier.filter(({ amountReceivedMinor }) => amountReceivedMinor > 0)
  const open = earlier.filter(({ status }) => status !== 'canceled' && status !== 'succeeded')
  const [kept] = paid.length ? paid.filter(fits) : open.filter(fits)
  if (kept) return { kind: 'adopt', payment: kept }
  return paid.length ? { kind: 'refuse' } : { kind: 'create', cancelFirst: open }
}
