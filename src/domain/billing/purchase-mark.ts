import { createHash } from 'node:crypto'
import { canonicalJson } from '#kernel/canonical-json'
import type { LineId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/**
 * Marks what a line buys in words that outlive our rows: the org, the story, the caller's key, and the vendor. A database
 * that was restored to an earlier moment mints other ids for the same call, but the same mark. The key itself stays here.
 */
export async function purchaseMark(tx: Db, line: LineId): Promise<string> {
  const bought = await tx
    .selectFrom('order_lines as l')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .innerJoin('operations as p', 'p.id', 'o.operation_id')
    .select(['p.org_id', 'p.story', 'p.idempotency_key', 'l.vendor_id'])
    .where('l.id', '=', line)
    .executeTakeFirstOrThrow()
  // the mark is compared with marks at the provider for 30 days: another form would not be recognised
  const { org_id: org, story, idempotency_key: key, vendor_id: vendor } = bought
  return createHash('sha256').update(canonicalJson({ org, story, key, vendor })).digest('base64url')
}
