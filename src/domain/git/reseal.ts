import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import type { Sealing } from './options.ts'

/**
 * Encrypts with the current key what was encrypted with an earlier one: the tokens of integrations and the secrets of
 * hooks. It may run in several processes at once. Returns how many rows it changed.
 */
export async function resealGitSecrets(db: Db, sealing: Sealing): Promise<number> {
  const { keyId: current } = sealing.seal('', '')
  let changed = 0
  for (const table of ['git_integrations', 'package_hooks'] as const) {
    const rows = await db.selectFrom(table).select('id').where('key_id', '!=', current).execute()
    for (const { id } of rows)
      changed += await inTransaction(db, async (tx) => {
        const row = await tx
          .selectFrom(table)
          .select(['key_id', 'sealed'])
          .where('id', '=', id)
          .forUpdate()
          .executeTakeFirst()
        // a renewal or a disconnection came first
        if (!row?.key_id || !row.sealed || row.key_id === current) return 0
        const text = sealing.open({ keyId: row.key_id, sealed: row.sealed }, id)
        const { keyId, sealed } = sealing.seal(text, id)
        await tx.updateTable(table).set({ key_id: keyId, sealed }).where('id', '=', id).execute()
        return 1
      })
  }
  return changed
}
