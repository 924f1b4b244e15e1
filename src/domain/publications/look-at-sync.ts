import { sql } from 'kysely'
import type { TagsOfRepository } from '#contracts/sync-package'
import type { Refusal } from '#kernel/errors'
import type { PackageId } from '#kernel/ids'
import { noteOnStep } from '#domain/operations'
import type { Db } from '../../platform/database.ts'
import { PackageIsNotOfThisOrg } from './errors.ts'

/** More are counted only: a model asks for the rest by other tools. */
const MOST_SHOWN = 10

/**
 * What the last look at the tags of a package has found, newest version first. Undefined until the look of this request
 * has ended. Refuses `package_not_found` when the package was deleted meanwhile.
 */
export async function lookAtSync(
  db: Db,
  { packageId, asked }: { packageId: PackageId; asked: number },
): Promise<TagsOfRepository | undefined> {
  const sync = await db
    .selectFrom('package_syncs')
    .select(['ended', 'error'])
    .where('package_id', '=', packageId)
    .executeTakeFirst()
  if (!sync) throw new PackageIsNotOfThisOrg(packageId)
  if (sync.ended < asked) return undefined
  const error = sync.error as Refusal | null
  return { ...(await tagsOf(db, packageId)), ...(error && { error }) }
}

/** The number of rows without the limit. */
const countOfAll = sql<number>`count(*) over ()`.as('all')

/** Uses the primary keys of `tag_observations` and `version_checks`. */
async function tagsOf(db: Db, packageId: PackageId): Promise<TagsOfRepository> {
  const versions = await db
    .selectFrom('versions as v')
    .select(['v.label as version', countOfAll])
    .select((of) =>
      of
        .selectFrom('version_checks as c')
        .select((count) => count.fn.countAll<number>().as('n'))
        .whereRef('c.version_id', '=', 'v.id')
        .where('c.status', 'in', ['warn', 'fail'])
        .as('warnings'),
    )
    .where('v.package_id', '=', packageId)
    .where('v.status', '=', 'available')
    .orderBy('v.committed_at', 'desc')
    .orderBy('v.id', 'desc')
    .limit(MOST_SHOWN)
    .execute()
  const skipped = await db
    .selectFrom('tag_observations')
    .select(['tag', 'reason', 'message', countOfAll])
    .where('package_id', '=', packageId)
    .where('outcome', '=', 'skipped')
    .orderBy('observed_at', 'desc')
    .orderBy('tag')
    .limit(MOST_SHOWN)
    .execute()
  const moreThan = (rows: readonly { all: number }[]) => Number(rows[0]?.all ?? 0) - rows.length
  return {
    versions: versions.map(({ version, warnings }) => ({
      version,
      ...(Number(warnings) > 0 && { warnings: Number(warnings) }),
    })),
    ...(moreThan(versions) > 0 && { more_versions: moreThan(versions) }),
    ...(skipped.length > 0 && {
      skipped: skipped.map(({ tag, reason, message }) => ({
        tag,
        reason: reason ?? '',
        message: message ?? '',
      })),
    }),
    ...(moreThan(skipped) > 0 && { more_skipped: moreThan(skipped) }),
  }
}

/** Writes how many tags are read into the progress of the operations that wait for this look. */
export async function noteTagProgress(db: Db, packageId: PackageId, at: Date): Promise<void> {
  const watchers = await db
    .selectFrom('sync_watchers as w')
    .innerJoin('operations as p', 'p.id', 'w.operation_id')
    .select(['w.operation_id', 'w.step'])
    .where('w.package_id', '=', packageId)
    .where('p.finished_at', 'is', null)
    .execute()
  if (!watchers.length) return
  const { done, all, name } = await db
    .selectFrom('packages as p')
    .leftJoin('tag_observations as t', 't.package_id', 'p.id')
    .select((of) => [
      'p.name',
      of.fn.count<number>('t.tag').as('all'),
      of.fn.count<number>('t.tag').filterWhere('t.outcome', '!=', 'pending').as('done'),
    ])
    .where('p.id', '=', packageId)
    .groupBy('p.name')
    .executeTakeFirstOrThrow()
  const note = `Reading the tags of ${name}: ${done} of ${all}.`.slice(0, 200)
  for (const { operation_id: operation, step } of watchers)
    await noteOnStep(db, { operationId: operation, name: step, note, at })
}
