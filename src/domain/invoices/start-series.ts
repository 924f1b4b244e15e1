import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { currentSeries } from './issue-invoice.ts'

/** The highest series: all its numbers fit into the column. The database has the same number. */
export const LAST_SERIES = 213

/**
 * For the operator after a restore. The next invoice of each year begins `series`, so that no number of the lost time is
 * given out again. Not begun when it is not higher than the current one: an earlier restore may have used it. Returns the
 * series that is current then. Audited in the chain `platform`.
 */
export async function startInvoiceSeries(
  db: Db,
  { series, at }: { series: number; at: Date },
): Promise<{ isStarted: boolean; current: number }> {
  return inTransaction(db, async (tx) => {
    const current = await currentSeries(tx)
    if (series <= current) return { isStarted: false, current }
    const { numInsertedOrUpdatedRows: started } = await tx
      .insertInto('invoice_number_series')
      .values({ series, started_at: at })
      // another operator began it just now
      .onConflict((on) => on.column('series').doNothing())
      .executeTakeFirstOrThrow()
    if (!started) return { isStarted: false, current: series }
    const event = { action: 'start_invoice_series', outcome: 'done', object: String(series) } as const
    await audit(tx, { chain: 'platform', ...event })
    return { isStarted: true, current: series }
  })
}
