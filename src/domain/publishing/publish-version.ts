import { compare } from '#kernel/composer-version/compare'
import type { PackageId, VersionId } from '#kernel/ids'
import { findPackage, touchPackage } from '#domain/catalogue'
import { appendToLog } from '#domain/transparency'
import { lockVendor } from '#domain/vendors'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { refreshMagentoLines, storeCompatibility } from './compatibility/store.ts'
import { refreshCoverage } from './coverage.ts'
import { ArchiveDoesNotFitType, PackageToPublishNotFound, TagIsNotAVersion } from './errors.ts'
import { checkManifest, isMetapackage } from './manifest/manifest.ts'
import type { Manifest } from './manifest/subject.ts'
import { SKIPPED_TAGS, type TaggedVersion, versionOfTag } from './tag.ts'

export interface NewVersion {
  id: VersionId
  packageId: PackageId
  tag: string
  /** The commit of the tag, and its tree. In hexadecimal. */
  commitSha: string
  treeSha: string
  committedAt: Date
  /** When we first saw the tag. Update windows are compared with it. */
  releasedAt: Date
  manifest: Manifest
  readme?: string | undefined
  changelog?: string | undefined
  /** What `packTar` returned for the stored zip, with hashes in hexadecimal. Undefined for a metapackage. */
  archive?: PackedZip | undefined
}

export interface PackedZip {
  sha1: string
  sha256: string
  /** The size of the zip. */
  bytes: number
  contentSha256: string
  builder: string
}

export interface PublishedVersion {
  id: VersionId
  label: string
  /** False when the package already has this version. The stored one is not changed. */
  fresh: boolean
}

/**
 * Stores a version with the Magento versions that it works with, and refreshes the coverage of its package and its
 * ancestors, in one transaction that locks the vendor. A stored version never changes. Refuses `package_not_found`, `not_a_version_tag`,
 * `archive_does_not_fit_type`, `covers_too_many_packages` and what `checkManifest` refuses.
 */
export async function publishVersion(db: Db, version: NewVersion): Promise<PublishedVersion> {
  const { packageId, tag, manifest } = version
  const tagged = versionOfTag(tag)
  if ('skipped' in tagged) throw new TagIsNotAVersion(tag, SKIPPED_TAGS[tagged.skipped])
  return inOneTransaction(db, async (tx) => {
    const found = await findPackage(tx, packageId)
    if (!found) throw new PackageToPublishNotFound(packageId)
    checkManifest(manifest, { name: found.name, tag, version: tagged })
    if (isMetapackage(manifest) === Boolean(version.archive)) throw new ArchiveDoesNotFitType(found.name, tag)
    await lockVendor(tx, found.vendorId)
    const stored = await storeVersion(tx, version, tagged)
    if (stored.fresh) {
      await refreshCoverage(tx, { packageId, vendorId: found.vendorId })
      await storeCompatibility(tx, [{ id: stored.id, manifest }])
      await touchPackage(tx, packageId)
      await refreshMagentoLines(tx, packageId)
      await appendToLog(tx, { kind: 'version_published', version: stored.id })
    }
    return stored
  })
}

/** The lock on the vendor keeps others from storing the same version meanwhile. */
async function storeVersion(tx: Db, version: NewVersion, tagged: TaggedVersion): Promise<PublishedVersion> {
  const stored = await tx
    .selectFrom('versions')
    .select(['id', 'label', 'version_normalized'])
    .where('package_id', '=', version.packageId)
    .execute()
  // 2026.5.1 and 2026.05.01 are one version for Composer
  const same = stored.find((each) => compare(each.version_normalized, tagged.normalized) === 0)
  if (same) return { id: same.id, label: same.label, fresh: false }
  await tx.insertInto('versions').values(rowOf(version, tagged)).execute()
  return { id: version.id, label: tagged.label, fresh: true }
}

const rowOf = (version: NewVersion, { label, normalized, stability }: TaggedVersion) => ({
  id: version.id,
  package_id: version.packageId,
  tag: version.tag,
  label,
  version_normalized: normalized,
  stability,
  released_at: version.releasedAt,
  committed_at: version.committedAt,
  commit_sha: version.commitSha,
  tree_sha: version.treeSha,
  manifest: JSON.stringify(version.manifest),
  readme: withoutZeros(version.readme),
  changelog: withoutZeros(version.changelog),
  zip_sha1: version.archive?.sha1 ?? null,
  zip_sha256: version.archive?.sha256 ?? null,
  zip_bytes: version.archive?.bytes ?? null,
  content_sha256: version.archive?.contentSha256 ?? null,
  builder: version.archive?.builder ?? null,
})

/** Postgres stores every text but one with a zero byte. */
const withoutZeros = (text: string | undefined) => text?.replaceAll('\0', '\uFFFD') ?? null

/** Uses the transaction of `publishTag`, if there is one. */
function inOneTransaction<T>(db: Db, run: (tx: Db) => Promise<T>): Promise<T> {
  return db.isTransaction ? run(db) : inTransaction(db, run)
}
