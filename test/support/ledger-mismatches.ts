import { sql } from 'kysely'
import { findDifferences } from '#domain/differences'
import type { Db } from '#platform/database'
import type { Shop } from './a-shop.ts'

/**
 * Compares what must agree when no operation runs: orders, charges, licences, slots, ledger, and the money at the bank.
 * Returns a sentence for each mismatch, and an empty list when everything agrees.
 */
export async function findLedgerMismatches({ db, bank }: Pick<Shop, 'db' | 'bank'>): Promise<string[]> {
  const found = await findDifferences(db, { statedPayments: bank.statement, isAtRest: true })
  return [...found.map(({ says }) => says), ...(await bank.violations())]
}

/** The number of rows of every table, by table name. */
export async function rowCounts(db: Db): Promise<Record<string, number>> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`.execute(db)
  const counts: Record<string, number> = {}
  for (const { name } of tables) {
    const { rows } = await sql<{ n: string }>`select count(*) as n from ${sql.table(name)}`.execute(db)
    counts[name] = Number(rows[0]?.n)
  }
  return counts
}
