import type { OrgId, PackageId, VendorId } from '#kernel/ids'
import { queueMail } from '#domain/mail'
import { managersOf } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { type MissingDependency, missingDependencies } from './missing-dependencies.ts'

/** A vendor publishes several packages one after another: what is missing now may be there in a minute. */
const REPORT_AFTER_MS = 60 * 60_000
const MOST_AT_ONCE = 100

/** Notes what the newest version of a package requires and nobody serves. Call it after a look at its tags. */
export async function noteMissing(
  tx: Db,
  { packageId, at }: { packageId: PackageId; at: Date },
): Promise<void> {
  const missing = await missingDependencies(tx, { package: packageId })
  if (!missing.length) return
  const tell_at = new Date(at.getTime() + REPORT_AFTER_MS)
  await tx
    .insertInto('missing_dependencies')
    .values(missing.map(({ vendorId, name }) => ({ vendor_id: vendorId, name, found_at: at, tell_at })))
    .onConflict((on) => on.doNothing())
    .execute()
}

/**
 * Reports names that have been missing for an hour to their vendors: one mail per name to each owner and admin of the
 * org, and never again. Deletes the row of a name that was published meanwhile. Two processes never report the same
 * name. Returns how many names were reported. Uses the index `missing_dependencies_due`.
 */
export async function tellMissing(db: Db, at: Date): Promise<number> {
  return inTransaction(db, async (tx) => {
    const due = await tx
      .selectFrom('missing_dependencies as d')
      .innerJoin('vendors as v', 'v.id', 'd.vendor_id')
      .select(['d.vendor_id as vendor', 'd.name', 'v.org_id as org'])
      .where('d.tell_at', '<=', at)
      .orderBy('d.tell_at')
      .limit(MOST_AT_ONCE)
      .forUpdate('d')
      .skipLocked()
      .execute()
    let reported = 0
    for (const [vendor, names] of Map.groupBy(due, (row) => row.vendor)) {
      const missing = await missingDependencies(tx, { vendor })
      for (const { name, org } of names) {
        const found = missing.find((each) => each.name === name)
        if (found) reported++
        await (found ? report(tx, { vendor, org, found, at }) : forget(tx, { vendor, name }))
      }
    }
    return reported
  })
}

async function report(
  tx: Db,
  { vendor, org, found, at }: { vendor: VendorId; org: OrgId; found: MissingDependency; at: Date },
): Promise<void> {
  for (const { id: person, email } of await managersOf(tx, org))
    await queueMail(tx, {
      kind: 'dependency_missing',
      to: email,
      data: { package: found.package, name: found.name },
      key: `dependency_missing:${vendor}:${found.name}:${person}`,
      at,
    })
  await tx
    .updateTable('missing_dependencies')
    .set({ tell_at: null, told_at: at })
    .where('vendor_id', '=', vendor)
    .where('name', '=', found.name)
    .execute()
}

async function forget(tx: Db, { vendor, name }: { vendor: VendorId; name: string }): Promise<void> {
  await tx
    .deleteFrom('missing_dependencies')
    .where('vendor_id', '=', vendor)
    .where('name', '=', name)
    .execute()
}
