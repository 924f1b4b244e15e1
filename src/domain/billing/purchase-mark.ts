import { createHash } from 'node:crypto'
import { canonicalJson } from '#kernel/canonical-json'
import type { LineId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/**
 * What a payment says about its line in words that outlive our rows: a database that was restored to an earlier moment
 * mints other ids for the same call, but the same hashes (docs/decisions/0040).
 */
export interface PurchaseMarks {
  /** Which call it is: the org, the story, the caller's key, and the vendor. The key itself stays here. */
  purchase: string
  /** What is bought, and for whom: the person who asked, and each package with edition and model. */
  bought: string
}

export async function purchaseMarks(tx: Db, line: LineId): Promise<PurchaseMarks> {
  const call = await tx
    .selectFrom('order_lines as l')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .innerJoin('operations as p', 'p.id', 'o.operation_id')
    .select(['p.org_id', 'p.story', 'p.idempotency_key', 'p.asked_by', 'l.vendor_id'])
    .where('l.id', '=', line)
    .executeTakeFirstOrThrow()
  const items = await tx
    .selectFrom('order_items as i')
    .innerJoin('packages as k', 'k.id', 'i.package_id')
    .select(['k.name as package', 'i.edition', 'i.model'])
    .where('i.line_id', '=', line)
    .execute()
  // they are compared with those at the provider for 30 days: another form would not be recognised
  const { org_id: org, story, idempotency_key: key, vendor_id: vendor, asked_by } = call
  const sorted = items.map((item) => canonicalJson(item)).sort()
  return { purchase: hashOf({ org, story, key, vendor }), bought: hashOf({ asked_by, items: sorted }) }
}

const hashOf = (said: object) => createHash('sha256').update(canonicalJson(said)).digest('base64url')
