import { addVendor } from '#domain/vendors'
import { mintId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'

const AT = new Date('2026-11-30T10:00:00Z')

/** Adds approved vendors without packages to any org, and returns their namespaces. */
export async function manyVendors(db: Db, count: number): Promise<string[]> {
  const { id: orgId } = await db.selectFrom('orgs').select('id').limit(1).executeTakeFirstOrThrow()
  const slugs = Array.from({ length: count }, (_, n) => `many-${n}`)
  await inTransaction(db, async (tx) => {
    for (const slug of slugs) {
      const id = mintId('ven', AT, Math.random)
      await addVendor(tx, { id, orgId, slug, name: slug, at: AT, approvedAt: AT })
    }
  })
  return slugs
}
