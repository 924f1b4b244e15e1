import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { currentEpoch } from './issue-invoice.ts'

/**
 * For the operator after a restore. The next invoice of each year begins a new series, so that no number of the lost time is
 * given out again. Returns its number, or undefined when `series` is not higher than the current one: an earlier restore may
 * have used it. Audited in the chain `platform`.
 */
export async function startInvoiceSeries(
  db: Db,
  { series, at }: { series: number | undefined; at: Date },
): Promise<number | undefined> {
  return inTransaction(db, async (tx) => {
    const current = await currentEpoch(tx)
    const epoch = series ?? current + 1
    if (epoch <= current) return undefined
    await tx.insertInto('invoice_epochs').values({ epoch, started_at: at }).execute()
    const event = { action: 'start_invoice_series', outcome: 'done', object: String(epoch) } as const
    await audit(tx, { chain: 'platform', ...event })
    return epoch
  })
}
