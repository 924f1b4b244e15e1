import type { PackageId, VersionId } from '#kernel/ids'
import { MAGENTO_LINES, magentoLine, type MagentoLine } from '#kernel/magento'
import type { Db } from '../../platform/database.ts'
import { MagentoVersionUnknown } from './errors.ts'

/** What the composer.json of a package say about Magento. */
export interface MagentoFit {
  /** The lines with which the latest version works. Undefined: its composer.json says nothing about Magento. */
  latest: string[] | undefined
  /** Further lines, oldest first, each with the label of the newest version that works with it. */
  older: { line: string; label: string }[]
  /** Releases with which the vendor says that the latest version was tested, oldest first. */
  testedWith: string[]
}

/** A package, and its latest version if it has one. */
interface Latest {
  id: PackageId
  version: VersionId | undefined
}

/** Uses the primary keys of `version_compatibility` and `package_magento_lines`. */
export async function magentoFits(db: Db, packages: readonly Latest[]): Promise<Map<PackageId, MagentoFit>> {
  const latest = await compatibilityOf(
    db,
    packages.flatMap(({ version }) => version ?? []),
  )
  const lines = await linesOf(
    db,
    packages.map(({ id }) => id),
  )
  return new Map(
    packages.map(({ id, version }) => {
      const { works_with, tested_with } = (version && latest.get(version)) ?? {}
      const others = (lines.get(id) ?? []).filter(({ line }) => !works_with?.includes(line))
      const older = MAGENTO_LINES.flatMap((known) =>
        others.filter(({ line }) => line === known).map(({ line, label }) => ({ line, label })),
      )
      return [id, { latest: works_with ?? undefined, older, testedWith: tested_with ?? [] }]
    }),
  )
}

/** What the composer.json of some versions say about Magento: undefined for nothing. */
export async function linesOfVersions(
  db: Db,
  versions: readonly VersionId[],
): Promise<Map<VersionId, { worksWith: string[] | undefined; testedWith: string[] }>> {
  const rows = await compatibilityOf(db, versions)
  return new Map(
    [...rows].map(([id, { works_with, tested_with }]) => [
      id,
      { worksWith: works_with ?? undefined, testedWith: tested_with },
    ]),
  )
}

/** The line that a search asks for by a release such as 2.4.6 or 2.4.6-p3. Refuses `magento_version_unknown`. */
export function searchedLine(release: string): MagentoLine {
  const line = magentoLine(release)
  if (!line) throw new MagentoVersionUnknown(release)
  return line
}

async function compatibilityOf(db: Db, versions: readonly VersionId[]) {
  if (!versions.length) return new Map<VersionId, never>()
  const rows = await db
    .selectFrom('version_compatibility')
    .select(['version_id', 'works_with', 'tested_with'])
    .where('version_id', 'in', versions)
    .execute()
  return new Map(rows.map((row) => [row.version_id, row]))
}

async function linesOf(db: Db, packages: readonly PackageId[]) {
  if (!packages.length) return new Map<PackageId, { line: string; label: string }[]>()
  const rows = await db
    .selectFrom('package_magento_lines as m')
    .innerJoin('versions as v', 'v.id', 'm.version_id')
    .select(['m.package_id', 'm.line', 'v.label'])
    .where('m.package_id', 'in', packages)
    .where('v.status', '=', 'available')
    .execute()
  return Map.groupBy(rows, ({ package_id }) => package_id)
}
