import { mintId } from '#kernel/ids'
import { shareOf, type Money } from '#kernel/money'
import type { Db } from '../../platform/database.ts'

export interface Posting {
  /** `charge:<ch>` or `refund:<re>`. A second posting with the same key changes nothing. */
  key: string
  kind: 'charge' | 'refund'
  /** Minor units by account. Their sum is 0. */
  entries: Record<string, number>
  currency: string
  at: Date
}

export async function post(tx: Db, { key, kind, entries, currency, at }: Posting): Promise<void> {
  const id = mintId('pst', at, Math.random)
  const inserted = await tx
    .insertInto('ledger_postings')
    .values({ id, key, kind, occurred_at: at })
    .onConflict((on) => on.column('key').doNothing())
    .executeTakeFirst()
  if (!inserted.numInsertedOrUpdatedRows) return
  const rows = Object.entries(entries).filter(([, amount]) => amount !== 0)
  await tx
    .insertInto('ledger_entries')
    .values(rows.map(([account, amount]) => ({ posting_id: id, account, amount, currency })))
    .execute()
}

/** The vendor is owed what the customer paid, minus the platform's fee. */
export function entriesOfCharge(
  total: Money,
  vendor: string,
  feeBasisPoints: number,
): Record<string, number> {
  const fee = shareOf(total.amountMinor, feeBasisPoints)
  return {
    stripe_clearing: total.amountMinor,
    [`vendor_payable:${vendor}`]: fee - total.amountMinor,
    platform_fee: -fee,
  }
}

export const opposite = (entries: Record<string, number>): Record<string, number> =>
  Object.fromEntries(Object.entries(entries).map(([account, amount]) => [account, -amount]))
