import { newestFirst } from '#kernel/composer-version/compare'
import type { PackageId, VersionId } from '#kernel/ids'
import type { Db } from '../../../platform/database.ts'
import type { Manifest } from '../manifest/subject.ts'
import { compatibilityIn } from './derive.ts'

/** Stores what the manifests of some versions say about Magento, in the place of what was derived before. */
export async function storeCompatibility(
  tx: Db,
  versions: readonly { id: VersionId; manifest: Manifest }[],
): Promise<void> {
  if (!versions.length) return
  const rows = versions.map(({ id, manifest }) => {
    const { worksWith, testedWith, derivedBy } = compatibilityIn(manifest)
    return {
      version_id: id,
      works_with: worksWith ?? null,
      tested_with: testedWith,
      derived_by: derivedBy,
    }
  })
  await tx
    .insertInto('version_compatibility')
    .values(rows)
    .onConflict((conflict) =>
      conflict.column('version_id').doUpdateSet((row) => ({
        works_with: row.ref('excluded.works_with'),
        tested_with: row.ref('excluded.tested_with'),
        derived_by: row.ref('excluded.derived_by'),
      })),
    )
    .execute()
}

/**
 * Stores the lines of Magento with which a package works, each with the newest version on offer that does. A version that
 * is not stable counts only in a package without a stable one. Call it in each transaction that changes which versions are
 * on offer, after the lock on the package: `touchPackage` takes it.
 */
export async function refreshMagentoLines(tx: Db, packageId: PackageId): Promise<void> {
  const stored = await tx
    .selectFrom('versions as v')
    .leftJoin('version_compatibility as c', 'c.version_id', 'v.id')
    .select(['v.id', 'v.stability', 'v.version_normalized', 'c.works_with'])
    .where('v.package_id', '=', packageId)
    .where('v.status', '=', 'available')
    .execute()
  const stable = stored.filter(({ stability }) => stability === 'stable')
  const newest = new Map<string, VersionId>()
  for (const { id, works_with } of newestFirst(
    stable.length ? stable : stored,
    (row) => row.version_normalized,
  ))
    for (const line of works_with ?? []) if (!newest.has(line)) newest.set(line, id)
  await tx.deleteFrom('package_magento_lines').where('package_id', '=', packageId).execute()
  if (!newest.size) return
  const rows = [...newest].map(([line, version_id]) => ({ package_id: packageId, line, version_id }))
  await tx.insertInto('package_magento_lines').values(rows).execute()
}
