import { sql } from 'kysely'
import type { SyncRun } from '#contracts/ids'
import type { Refusal } from '#kernel/errors'
import type { OperationId, PackageId } from '#kernel/ids'
import { beginOperation, enqueueNudge, enqueueSync } from '#domain/operations'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { PackageFollowsNoRepository } from './errors.ts'
import { assertMayStillPublish } from './publisher.ts'
import { packageOfOrg, repositoryOfPackage } from './repository-of-package.ts'

const MINUTE_MS = 60_000
/** How often the tags are looked at when nobody asks: a hook may be lost, and hosts never repeat one. */
const WITH_HOOK_MS = 6 * 60 * MINUTE_MS
const WITHOUT_HOOK_MS = 15 * MINUTE_MS
/** After this time a request is repeated, when no look has ended. */
const REPEAT_MS = 15 * MINUTE_MS
const MOST_AT_ONCE = 100

export interface Watcher {
  operation: OperationId
  /** The step whose progress text follows the look. */
  step: string
}

/**
 * Asks for a look at the tags of a package, in the transaction of its cause. Returns the number of the request: a look
 * that begins later ends it. The watching operation is nudged then.
 */
export async function askForSync(
  tx: Db,
  { run, watcher, at }: { run: SyncRun; watcher?: Watcher; at: Date },
): Promise<number> {
  const { packageId } = run
  const { asked } = await tx
    .insertInto('package_syncs')
    .values({ package_id: packageId, asked: 1, next_look_at: new Date(at.getTime() + REPEAT_MS) })
    .onConflict((on) => on.column('package_id').doUpdateSet({ asked: sql`package_syncs.asked + 1` }))
    .returning('asked')
    .executeTakeFirstOrThrow()
  if (watcher)
    await tx
      .insertInto('sync_watchers')
      .values({ package_id: packageId, operation_id: watcher.operation, step: watcher.step })
      .onConflict((on) => on.doNothing())
      .execute()
  await enqueueSync(tx, run)
  return asked
}

/** The number of the last request. A look that begins now ends all up to it. Undefined for a package that is gone. */
export async function lastRequest(db: Db, packageId: PackageId): Promise<number | undefined> {
  const row = await db
    .selectFrom('package_syncs')
    .select('asked')
    .where('package_id', '=', packageId)
    .executeTakeFirst()
  return row?.asked
}

/**
 * Ends a look: notes its failure and when the next one is due, and nudges the operations that wait for it. Returns whether
 * somebody asked again meanwhile.
 */
export async function endSync(
  db: Db,
  {
    packageId,
    asked,
    error,
    at,
  }: { packageId: PackageId; asked: number; error?: Refusal | undefined; at: Date },
): Promise<{ isAskedAgain: boolean }> {
  return inTransaction(db, async (tx) => {
    const hook = await tx
      .selectFrom('package_hooks')
      .select('host_hook_id')
      .where('package_id', '=', packageId)
      .where('removed_at', 'is', null)
      .executeTakeFirst()
    const wait = hook?.host_hook_id ? WITH_HOOK_MS : WITHOUT_HOOK_MS
    const row = await tx
      .updateTable('package_syncs')
      .set({
        ended: sql`greatest(ended, ${asked}::int)`,
        ended_at: at,
        error: error ? JSON.stringify(error) : null,
        next_look_at: new Date(at.getTime() + wait),
      })
      .where('package_id', '=', packageId)
      .returning(['asked', 'ended'])
      .executeTakeFirst()
    if (!row) return { isAskedAgain: false }
    for (const run of await watchingRuns(tx, packageId)) await enqueueNudge(tx, run)
    return { isAskedAgain: row.asked > row.ended }
  })
}

/** The runs of the operations that wait for a look at this package. Forgets the operations that are over. */
async function watchingRuns(db: Db, packageId: PackageId): Promise<string[]> {
  await db
    .deleteFrom('sync_watchers as w')
    .using('operations as p')
    .whereRef('p.id', '=', 'w.operation_id')
    .where('w.package_id', '=', packageId)
    .where('p.finished_at', 'is not', null)
    .execute()
  const rows = await db
    .selectFrom('sync_watchers as w')
    .innerJoin('operations as p', 'p.id', 'w.operation_id')
    .select('p.workflow_id')
    .where('w.package_id', '=', packageId)
    .orderBy('p.workflow_id')
    .execute()
  return rows.map((row) => row.workflow_id)
}

/**
 * Asks for the looks that are due, at most 100. Two processes never ask for the same one. Returns how many there were.
 * Uses the index `package_syncs_due`.
 */
export async function askForDueSyncs(
  db: Db,
  { runOf, at }: { runOf: (packageId: PackageId) => SyncRun; at: Date },
): Promise<number> {
  return inTransaction(db, async (tx) => {
    const due = await tx
      .updateTable('package_syncs')
      .set({ next_look_at: new Date(at.getTime() + REPEAT_MS) })
      .where('package_id', 'in', (syncs) =>
        syncs
          .selectFrom('package_syncs')
          .select('package_id')
          .where('next_look_at', '<=', at)
          .orderBy('next_look_at')
          .limit(MOST_AT_ONCE)
          .forUpdate()
          .skipLocked(),
      )
      .returning('package_id')
      .execute()
    for (const { package_id } of due) await askForSync(tx, { run: runOf(package_id), at })
    return due.length
  })
}

/** Asks for a look that an operation watches. A second run asks again, which does no harm. */
export async function askOnce(db: Db, wanted: { run: SyncRun; watcher: Watcher; at: Date }): Promise<number> {
  return inTransaction(db, (tx) => askForSync(tx, wanted))
}

/** Begins an operation of `sync_package`. Refuses `not_allowed`, `package_not_found` and `package_has_no_repository`. */
export async function beginPackageSync(
  db: Db,
  { operation, runOf, at }: { operation: OperationId; runOf: (packageId: PackageId) => SyncRun; at: Date },
): Promise<{ packageId: PackageId; name: string; asked: number }> {
  return inTransaction(db, async (tx) => {
    const begun = await beginOperation(tx, operation, at)
    const org = await assertMayStillPublish(tx, begun)
    if (begun.started.story !== 'sync_package') throw new TypeError(`${begun.started.story} names no package`)
    const name = begun.started.input.package
    const packageId = await packageOfOrg(tx, { org: org.id, name })
    if (!(await repositoryOfPackage(tx, packageId))) throw new PackageFollowsNoRepository(name)
    const watcher = { operation, step: 'lookAtSync:line_1' }
    const asked = await askForSync(tx, { run: runOf(packageId), watcher, at })
    return { packageId, name, asked }
  })
}
