import { createHash } from 'node:crypto'
import { type SqlBool, sql } from 'kysely'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'

const PAGE = 5_000

/**
 * One hash over the heads of all chains in one snapshot. Keep it outside the database. It shows later whether the owner
 * of the database has rewritten or removed a whole chain. A chain alone cannot show that.
 */
export async function headsHash(db: Db): Promise<{ chains: number; hash: string }> {
  const hashed = async (tx: Db) => {
    const hash = createHash('sha256')
    let chains = 0
    let after = ''
    for (;;) {
      const page = await tx
        .selectFrom('audit_chains')
        .select(['chain', 'seq', 'hash'])
        // the same order in every database, whatever its collation
        .where(sql<SqlBool>`chain collate "C" > ${after}`)
        .orderBy(sql`chain collate "C"`)
        .limit(PAGE)
        .execute()
      for (const head of page) {
        hash.update(`${head.chain} ${head.seq} ${head.hash.toString('hex')}\n`)
        after = head.chain
      }
      chains += page.length
      if (page.length < PAGE) return { chains, hash: hash.digest('hex') }
    }
  }
  return inTransaction(db, hashed, { isolation: 'repeatable read' })
}
