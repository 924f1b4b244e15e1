import type { ChargeId, VendorId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { lockCharge, settleCharge } from './charge-store.ts'
import { entriesOf, opposite, post, reversalOf, sumOfEntries } from './ledger.ts'
import { isFailed, type RefundSeen } from './next-refund.ts'

interface RefundsSeen {
  charge: ChargeId
  stripeChargeId: string
  /** All refunds of the payment, also failed ones. */
  refunds: readonly RefundSeen[]
  vendor: VendorId
  feeBasisPoints: number
  at: Date
}

/** What a record of refunds changed. */
interface RefundsRecorded {
  /** From now on the charge counts as refunded. */
  isRefunded: boolean
  /** Ids of refunds that have failed since the last record. Their money is owed to the customer again. */
  failed: string[]
}

/**
 * Records the refunds of a payment, in the charge and the ledger. The charge counts as refunded once refunds of its
 * whole amount succeeded, and stops to when one of them fails later. A second call changes nothing.
 */
export async function recordRefunds(tx: Db, seen: RefundsSeen): Promise<RefundsRecorded> {
  await settleCharge(tx, seen) // the payment may not be in the ledger yet
  const { charge, refunds, at } = seen
  const row = await lockCharge(tx, charge)
  const failed: string[] = []
  for (const refund of refunds) {
    const change = isFailed(refund) ? takeBack : book
    const isNew = await change(tx, { refund, refunds, charged: `charge:${row.stripe_charge_id}`, at, ...row })
    if (isNew && isFailed(refund)) failed.push(refund.id)
  }
  const returned = refunds
    .filter(({ status }) => status === 'succeeded')
    .reduce((sum, { amountMinor }) => sum + amountMinor, 0)
  const state = returned >= row.amount ? 'refunded' : 'succeeded'
  if (state !== row.state)
    await tx.updateTable('charges').set({ state, settled_at: at }).where('id', '=', charge).execute()
  return { isRefunded: state === 'refunded' && row.state !== state, failed }
}

interface Booking {
  refund: RefundSeen
  refunds: readonly RefundSeen[]
  /** Key of the charge's posting. */
  charged: string
  currency: string
  at: Date
}

/** The money left our balance when the refund was created, even while it is pending. */
async function book(tx: Db, { refund, refunds, charged, currency, at }: Booking): Promise<boolean> {
  const others = refunds.filter(({ id }) => id !== refund.id).flatMap(({ id }) => keysOf(id))
  const charge = await entriesOf(tx, [charged])
  if (!Object.keys(charge).length) throw new Error(`${charged} is not in the ledger`)
  const open = sumOfEntries(charge, await entriesOf(tx, others))
  const entries = reversalOf(charge, open, refund.amountMinor)
  return post(tx, { key: `refund:${refund.id}`, kind: 'refund', entries, currency, at })
}

/** The money of a failed refund is on our balance again. */
async function takeBack(tx: Db, { refund, currency, at }: Booking): Promise<boolean> {
  const booked = await entriesOf(tx, [`refund:${refund.id}`])
  if (!Object.keys(booked).length) return false
  const key = `refund_failed:${refund.id}`
  return post(tx, { key, kind: 'refund_failed', entries: opposite(booked), currency, at })
}

const keysOf = (refund: string) => [`refund:${refund}`, `refund_failed:${refund}`]
