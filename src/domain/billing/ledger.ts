import { mintId } from '#kernel/ids'
import { type Money, shareOf, splitByWeight } from '#kernel/money'
import type { Db } from '../../platform/database.ts'

/** Minor units by account. Their sum is 0. */
export type Entries = Record<string, number>

export interface Posting {
  /** `charge:<ch>`, `refund:<re>` or `refund_failed:<re>`. A second posting with the same key changes nothing. */
  key: string
  kind: 'charge' | 'refund' | 'refund_failed'
  entries: Entries
  currency: string
  at: Date
}

/** Returns false when there was a posting with this key. */
export async function post(tx: Db, { key, kind, entries, currency, at }: Posting): Promise<boolean> {
  const id = mintId('pst', at, Math.random)
  const inserted = await tx
    .insertInto('ledger_postings')
    .values({ id, key, kind, occurred_at: at })
    .onConflict((on) => on.column('key').doNothing())
    .executeTakeFirst()
  if (!inserted.numInsertedOrUpdatedRows) return false
  const rows = Object.entries(entries).filter(([, amount]) => amount !== 0)
  if (!rows.length) return true
  await tx
    .insertInto('ledger_entries')
    .values(rows.map(([account, amount]) => ({ posting_id: id, account, amount, currency })))
    .execute()
  return true
}

/** The sum of all postings with these keys. Empty when there is none. */
export async function entriesOf(tx: Db, keys: readonly string[]): Promise<Entries> {
  if (!keys.length) return {}
  const rows = await tx
    .selectFrom('ledger_entries as e')
    .innerJoin('ledger_postings as p', 'p.id', 'e.posting_id')
    .select(['e.account', (sum) => sum.fn.sum<string>('e.amount').as('amount')])
    .where('p.key', 'in', keys)
    .groupBy('e.account')
    .execute()
  return Object.fromEntries(rows.map(({ account, amount }) => [account, Number(amount)]))
}

/** The vendor is owed what the customer paid, minus the platform's fee. */
export function entriesOfCharge(total: Money, vendor: string, feeBasisPoints: number): Entries {
  const fee = shareOf(total.amountMinor, feeBasisPoints)
  return {
    [CLEARING]: total.amountMinor,
    [`vendor_payable:${vendor}`]: fee - total.amountMinor,
    platform_fee: -fee,
  }
}

/**
 * The entries of a refund of `amountMinor`. They negate the entries of the charge, whatever the fee is now: each account
 * by its share, split by largest remainder, ties by name. `open`: the entries that are not refunded yet. The last
 * refund takes all of them.
 */
export function reversalOf(charge: Entries, open: Entries, amountMinor: number): Entries {
  if (amountMinor >= (open[CLEARING] ?? 0)) return opposite(open)
  const accounts = Object.keys(charge)
    .filter((account) => account !== CLEARING)
    .toSorted()
  const shares = splitByWeight(
    amountMinor,
    accounts.map((account) => -(charge[account] ?? 0)),
  )
  return {
    [CLEARING]: -amountMinor,
    ...Object.fromEntries(accounts.map((account, i) => [account, shares[i] ?? 0])),
  }
}

const CLEARING = 'stripe_clearing'

export const opposite = (entries: Entries): Entries =>
  Object.fromEntries(Object.entries(entries).map(([account, amount]) => [account, -amount]))

/** Both together, by account. */
export function sumOfEntries(a: Entries, b: Entries): Entries {
  const sum = { ...a }
  for (const [account, amount] of Object.entries(b)) sum[account] = (sum[account] ?? 0) + amount
  return sum
}
