import { sql } from 'kysely'
import type { OrgId, PackageId, VendorId } from '#kernel/ids'
import { queueMail } from '#domain/mail'
import { managersOf } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { type MissingDependency, missingDependencies } from './missing-dependencies.ts'

/** A vendor publishes several packages one after another: what is missing now may be there in a minute. */
const TELL_AFTER_MS = 60 * 60_000
const MOST_VENDORS_AT_ONCE = 100
const MOST_NAMES_IN_A_MAIL = 20

/** Notes what the newest version of a package requires and nobody serves. Call it when its tags were looked at. */
export async function noteMissing(
  db: Db,
  { packageId, at }: { packageId: PackageId; at: Date },
): Promise<void> {
  const missing = await missingDependencies(db, { package: packageId })
  if (!missing.length) return
  const tell_at = anHourAfter(at)
  await db
    .insertInto('missing_dependencies')
    .values(missing.map(({ vendorId, name }) => ({ vendor_id: vendorId, name, found_at: at, tell_at })))
    .onConflict((on) => on.doNothing())
    .execute()
}

/**
 * Reports names that have been missing for an hour to their vendors: one mail about all of them to each owner and admin of
 * the org, and never again about these names. Deletes the row of a name that was published meanwhile. Two processes never
 * report the same name. When the names of a vendor cannot be reported now, `onFailure` is called, and they are reported an
 * hour later; other vendors do not wait. Returns how many names were reported. Uses the index `missing_dependencies_due`.
 */
export async function reportMissing(
  db: Db,
  { at, onFailure }: { at: Date; onFailure: (error: unknown, vendor: VendorId) => void },
): Promise<number> {
  let reported = 0
  for (const vendor of await dueVendors(db, at))
    try {
      reported += await inTransaction(db, (tx) => reportToVendor(tx, { vendor, at }))
    } catch (error) {
      onFailure(error, vendor)
      await postpone(db, { vendor, at })
    }
  return reported
}

/** Those who wait longest come first. */
async function dueVendors(db: Db, at: Date): Promise<VendorId[]> {
  const rows = await db
    .selectFrom('missing_dependencies')
    .select('vendor_id')
    .where('tell_at', '<=', at)
    .groupBy('vendor_id')
    .orderBy((due) => due.fn.min('tell_at'))
    .limit(MOST_VENDORS_AT_ONCE)
    .execute()
  return rows.map((row) => row.vendor_id)
}

interface Due {
  vendor: VendorId
  at: Date
}

async function reportToVendor(tx: Db, { vendor, at }: Due): Promise<number> {
  const due = await tx
    .selectFrom('missing_dependencies as d')
    .innerJoin('vendors as v', 'v.id', 'd.vendor_id')
    .select(['d.name', 'v.org_id as org'])
    .where('d.vendor_id', '=', vendor)
    .where('d.tell_at', '<=', at)
    .orderBy('d.name')
    .forUpdate('d')
    .skipLocked()
    .execute()
  const [first] = due
  if (!first) return 0
  const missing = new Map<string, MissingDependency>()
  for (const each of (await missingDependencies(tx, { vendor })).toReversed()) missing.set(each.name, each)
  const found = due.flatMap(({ name }) => missing.get(name) ?? [])
  await mailMissing(tx, { org: first.org, vendor, found, at })
  await tx
    .updateTable('missing_dependencies')
    .set({ tell_at: null, told_at: at })
    .where('vendor_id', '=', vendor)
    .where('name', '=', anyOf(found))
    .execute()
  await tx
    .deleteFrom('missing_dependencies')
    .where('vendor_id', '=', vendor)
    .where('name', '=', anyOf(due.filter(({ name }) => !missing.has(name))))
    .execute()
  return found.length
}

/** One mail for all names: a manifest may require 500. A name is reported once, so the first one identifies the mail. */
async function mailMissing(
  tx: Db,
  { org, vendor, found, at }: Due & { org: OrgId; found: readonly MissingDependency[] },
): Promise<void> {
  const [first, ...more] = found
  if (!first) return
  const named = more.slice(0, MOST_NAMES_IN_A_MAIL - 1)
  const others = more.length - named.length
  for (const { id: person, email } of await managersOf(tx, org))
    await queueMail(tx, {
      kind: 'dependency_missing',
      to: email,
      data: {
        ...pairOf(first),
        ...(named.length && { more: named.map(pairOf) }),
        ...(others && { others }),
      },
      key: `dependency_missing:${vendor}:${first.name}:${person}`,
      at,
    })
}

const pairOf = ({ package: by, name }: MissingDependency) => ({ package: by, name })

async function postpone(db: Db, { vendor, at }: Due): Promise<void> {
  await db
    .updateTable('missing_dependencies')
    .set({ tell_at: anHourAfter(at) })
    .where('vendor_id', '=', vendor)
    .where('tell_at', '<=', at)
    .execute()
}

const anHourAfter = (at: Date) => new Date(at.getTime() + TELL_AFTER_MS)
const anyOf = (rows: readonly { name: string }[]) => sql<string>`any(${rows.map(({ name }) => name)}::text[])`
