import { openPasswords } from '#domain/identity'
import { mintId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import type { Payments } from '#platform/payments'
import type { Storage } from '#platform/storage'
import { ORGS, SANDBOX_PASSWORD } from './cast.ts'
import { packDemo, seedCatalogue, storeDemo } from './catalogue.ts'
import { saveCards, seedPeople, seedPersonalOrgs } from './people.ts'

export interface Seeding {
  db: Db
  payments: Payments
  storage: Storage
  at: Date
}

/**
 * Fills an empty database with the demo market in one transaction, and returns true. Leaves any other database as it
 * is. Stores the missing zips each time.
 */
export async function seed({ db, payments, storage, at }: Seeding): Promise<boolean> {
  const packages = await packDemo()
  await storeDemo(storage, packages)
  const someone = await db.selectFrom('customers').select('id').limit(1).executeTakeFirst()
  if (someone) return false
  const orgs = new Map(Object.keys(ORGS).map((slug) => [slug, mintId('org', at, Math.random)]))
  const [cards, passwordPhc] = await Promise.all([
    saveCards(payments, orgs),
    openPasswords().hash(SANDBOX_PASSWORD),
  ])
  await inTransaction(db, async (tx) => {
    await seedPeople(tx, { orgs, cards, passwordPhc, at })
    await seedPersonalOrgs(tx, at)
    await seedCatalogue(tx, { orgs, packages, at })
  })
  return true
}
