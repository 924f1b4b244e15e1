import type { PackageId, VersionId } from '#kernel/ids'
import { audit } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import type { Check } from './checks/check.ts'
import { TagIsNotAVersion, TagWasNotObserved } from './errors.ts'
import { checkManifest } from './manifest/manifest.ts'
import type { Manifest } from './manifest/subject.ts'
import type { Tag } from './observe-tags.ts'
import { lockPackageOfActiveVendor, type PackageToPublish, packageToPublish } from './package-to-publish.ts'
import { type NewVersion, publishVersion } from './publish-version.ts'
import { parseManifest } from './parse-manifest.ts'
import type { SkipReason } from './skip-reasons.ts'
import { SKIPPED_TAGS, versionOfTag } from './tag.ts'

/** A tag as `observeTags` stored it. */
export interface ObservedTag extends Tag {
  packageId: PackageId
}

/** `skipped`: with one sentence of our own. */
export type TagDecision = { published: VersionId; label: string } | { skipped: string; message: string }

export type VersionOfTag = Omit<NewVersion, 'packageId' | 'tag' | 'commitSha' | 'releasedAt'>

/** The tags of these that wait to be read, in the given order. */
export async function pendingTags(db: Db, packageId: PackageId, tags: readonly string[]): Promise<Tag[]> {
  const observed = await observationsOf(db, packageId, tags)
  const pending = observed.filter((row) => !decisionOf(row))
  return tags.flatMap((tag) =>
    pending.filter((row) => row.tag === tag).map(({ commit }) => ({ tag, commit })),
  )
}

/** What was decided last about each of these tags. Refuses `tag_not_observed`, also for one that is pending. */
export async function decisionOfEach(
  db: Db,
  packageId: PackageId,
  tags: readonly string[],
): Promise<({ tag: string } & TagDecision)[]> {
  const observed = await observationsOf(db, packageId, tags)
  return tags.map((tag) => {
    const decisions = observed.filter((row) => row.tag === tag).map(decisionOf)
    // a published tag that moved later was skipped at its other commits
    const decision = decisions.find((each) => each && 'published' in each) ?? decisions.at(-1)
    if (!decision) throw new TagWasNotObserved(tag)
    return { tag, ...decision }
  })
}

/**
 * Reads the composer.json of a tag and refuses one that no version of the package may have, before anything is stored:
 * `manifest_missing`, what `checkManifest` refuses, `not_a_version_tag` and `package_not_found`.
 */
export async function readManifest(
  db: Db,
  { packageId, tag }: Pick<ObservedTag, 'packageId' | 'tag'>,
  bytes: Uint8Array | undefined,
): Promise<Manifest> {
  const { name } = await packageToPublish(db, packageId)
  const version = versionOfTag(tag)
  if ('skipped' in version) throw new TagIsNotAVersion(tag, SKIPPED_TAGS[version.skipped])
  const manifest = parseManifest(bytes, { name, tag })
  checkManifest(manifest, { name, tag, version })
  return manifest
}

/**
 * Publishes the version of an observed tag, with its checks, in one transaction. Its time of release is when the tag
 * was first seen. A tag that is decided already stays as it is. When the package has this version from another tag, the
 * tag is skipped. Refuses what `publishVersion` refuses, and `vendor_not_approved` for a suspended vendor; then the tag waits.
 */
export async function publishTag(
  db: Db,
  tag: ObservedTag,
  { version, checks, at }: { version: VersionOfTag; checks: readonly Check[]; at: Date },
): Promise<TagDecision> {
  return inTransaction(db, async (tx) => {
    const observed = await lockObservation(tx, tag)
    const decided = decisionOf(observed)
    if (decided) return decided
    const { packageId, commit } = tag
    const found = await lockPackageOfActiveVendor(tx, packageId)
    const stored = await publishVersion(tx, {
      ...version,
      packageId,
      tag: tag.tag,
      commitSha: commit,
      releasedAt: observed.observedAt,
    })
    if (!stored.fresh) return skip(tx, { tag, found, at }, ...SAME_VERSION)
    await storeChecks(tx, stored.id, checks, at)
    await decide(tx, tag, { outcome: 'published', version_id: stored.id, decided_at: at })
    await auditTag(tx, tag, found, { outcome: 'done', object: stored.id })
    return { published: stored.id, label: stored.label }
  })
}

/** Records why an observed tag does not become a version. A tag that is decided already stays as it is. */
export async function skipTag(
  db: Db,
  tag: ObservedTag,
  { reason, message, at }: { reason: SkipReason; message: string; at: Date },
): Promise<TagDecision> {
  return inTransaction(db, async (tx) => {
    const decided = decisionOf(await lockObservation(tx, tag))
    if (decided) return decided
    return skip(tx, { tag, found: await packageToPublish(tx, tag.packageId), at }, reason, message)
  })
}

const SAME_VERSION = ['same_version_exists', 'The package has this version from another tag.'] as const

async function skip(
  tx: Db,
  { tag, found, at }: { tag: ObservedTag; found: PackageToPublish; at: Date },
  reason: SkipReason,
  message: string,
): Promise<TagDecision> {
  const shown = message.slice(0, 500)
  await decide(tx, tag, { outcome: 'skipped', reason, message: shown, decided_at: at })
  await auditTag(tx, tag, found, { outcome: 'refused', object: tag.packageId, code: reason })
  return { skipped: reason, message: shown }
}

async function observationsOf(db: Db, packageId: PackageId, tags: readonly string[]) {
  if (!tags.length) return []
  return observations(db, packageId)
    .where('o.tag', 'in', tags)
    .orderBy('o.observed_at')
    .orderBy('o.decided_at')
    .execute()
}

const observations = (db: Db, packageId: PackageId) =>
  db
    .selectFrom('tag_observations as o')
    .leftJoin('versions as v', 'v.id', 'o.version_id')
    .select(['o.tag', 'o.commit_sha as commit', 'o.observed_at as observedAt', 'o.reason', 'o.message'])
    .select(['v.id as versionId', 'v.label'])
    .where('o.package_id', '=', packageId)

type Observation = Awaited<ReturnType<ReturnType<typeof observations>['executeTakeFirstOrThrow']>>

/** Locks first and reads then: a joined version is that of the snapshot before the wait for the lock. */
async function lockObservation(tx: Db, { packageId, tag, commit }: ObservedTag): Promise<Observation> {
  const locked = await tx
    .selectFrom('tag_observations')
    .select('tag')
    .where('package_id', '=', packageId)
    .where('tag', '=', tag)
    .where('commit_sha', '=', commit)
    .forUpdate()
    .executeTakeFirst()
  if (!locked) throw new TagWasNotObserved(tag)
  return observations(tx, packageId)
    .where('o.tag', '=', tag)
    .where('o.commit_sha', '=', commit)
    .executeTakeFirstOrThrow()
}

function decisionOf({ versionId, label, reason, message }: Observation): TagDecision | undefined {
  if (versionId && label) return { published: versionId, label }
  return reason ? { skipped: reason, message: message ?? '' } : undefined
}

interface Decision {
  outcome: 'published' | 'skipped'
  version_id?: VersionId
  reason?: SkipReason
  message?: string
  decided_at: Date
}

async function decide(tx: Db, { packageId, tag, commit }: ObservedTag, decision: Decision): Promise<void> {
  await tx
    .updateTable('tag_observations')
    .set(decision)
    .where('package_id', '=', packageId)
    .where('tag', '=', tag)
    .where('commit_sha', '=', commit)
    .execute()
}

async function storeChecks(tx: Db, version: VersionId, checks: readonly Check[], at: Date): Promise<void> {
  if (!checks.length) return
  const rows = checks.map(({ name, status, message }) => ({ name, status, message: message.slice(0, 1000) }))
  await tx
    .insertInto('version_checks')
    .values(rows.map((row) => ({ ...row, version_id: version, checked_at: at })))
    .execute()
}

const auditTag = (
  tx: Db,
  { packageId, tag, commit }: ObservedTag,
  { orgId }: PackageToPublish,
  event: { outcome: 'done' | 'refused'; object: string; code?: string },
) =>
  audit(tx, {
    chain: `org:${orgId}`,
    action: 'publish_tag',
    org: orgId,
    ...event,
    detail: { package: packageId, tag, commit },
  })
