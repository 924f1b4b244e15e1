import { openPasswords } from '#domain/identity'
import { mintId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import type { Payments } from '#platform/payments'
import { ORGS, SANDBOX_PASSWORD } from './cast.ts'
import { seedCatalogue } from './catalogue.ts'
import { followRepositories, type OwnGitHub } from './follow.ts'
import { saveCards, seedCards, seedPeople, seedPersonalOrgs } from './people.ts'
import { type Ingesting, ingestPackages, storeMissingZips, unfinishedPackages } from './versions.ts'

export interface Seeding extends Ingesting {
  payments: Payments
  /** The host of the repositories. Without it, no package follows a repository. */
  github?: OwnGitHub | undefined
}

/**
 * Fills an empty database with the demo market, and returns true. It inserts people and packages in one transaction,
 * then each version in its own; a later call ingests the versions that are missing. Leaves any other database as it is.
 * Stores the missing zips each time.
 */
export async function seed({ payments, github, ...seeding }: Seeding): Promise<boolean> {
  const { db, at } = seeding
  const isFirst = await seedMarket({ db, payments, at })
  const unfinished = await unfinishedPackages(db)
  if (unfinished.length) {
    if (github) await followRepositories(db, { github, packages: unfinished, at })
    await ingestPackages(seeding, unfinished)
  }
  await storeMissingZips(seeding)
  return isFirst
}

async function seedMarket({ db, payments, at }: { db: Db; payments: Payments; at: Date }): Promise<boolean> {
  const someone = await db.selectFrom('customers').select('id').limit(1).executeTakeFirst()
  if (someone) return false
  const orgs = new Map(Object.keys(ORGS).map((slug) => [slug, mintId('org', at, Math.random)]))
  const [cards, passwordPhc] = await Promise.all([
    saveCards(payments, orgs),
    openPasswords().hash(SANDBOX_PASSWORD),
  ])
  await inTransaction(db, async (tx) => {
    await seedPeople(tx, { orgs, passwordPhc, at })
    await seedCards(tx, { orgs, cards, at })
    await seedPersonalOrgs(tx, at)
    await seedCatalogue(tx, { orgs, at })
  })
  return true
}
