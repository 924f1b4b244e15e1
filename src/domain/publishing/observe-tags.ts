import { sql } from 'kysely'
import { compare } from '#kernel/composer-version/compare'
import type { OrgId, PackageId, VersionId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { queueMail } from '#domain/mail'
import { managersOf } from '#domain/orgs'
import { appendToLog } from '#domain/transparency'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { skippedSentence, taggedVersion, versionOfTag } from './tag.ts'
import { lockPackageToPublish } from './package-to-publish.ts'

const LONGEST_TAG = 255

export interface Tag {
  tag: string
  /** The commit that it names, in hexadecimal. */
  commit: string
}

export interface ObservedTags {
  /** The tags to publish, the newest version first. */
  pending: string[]
  /** How many of the tags are decided. */
  published: number
  skipped: number
  /** Tags of stored versions that name another commit since the last look. */
  moved: string[]
}

/**
 * Stores what the host shows: which tags are new, which are no versions, and which have moved. A stored version keeps
 * the commit that it was made of. Tags that the host no longer has change nothing. Refuses `package_not_found`.
 */
export async function observeTags(
  db: Db,
  { packageId, tags, at }: { packageId: PackageId; tags: readonly Tag[]; at: Date },
): Promise<ObservedTags> {
  return inTransaction(db, async (tx) => {
    const { orgId, name } = await lockPackageToPublish(tx, packageId)
    const stored = await storedVersions(tx, packageId)
    const storable = tags.filter(({ tag }) => tag.length <= LONGEST_TAG)
    await insertNew(
      tx,
      { packageId, at },
      storable.map((tag) => firstOutcome(tag, stored)),
    )
    await followPending(tx, { packageId, at }, storable)
    const moved = await noteMoved(tx, tags, stored)
    const observed = await countTags(tx, packageId, tags)
    await mailMoved(tx, { org: orgId, name, moved, at })
    for (const { id, to } of moved)
      await audit(tx, {
        chain: `org:${orgId}`,
        action: 'note_moved_tag',
        outcome: 'done',
        org: orgId,
        object: id,
        detail: { package: packageId, commit: to },
      })
    return { ...observed, moved: moved.map(({ tag }) => tag) }
  })
}

interface StoredVersion {
  id: VersionId
  tag: string
  normalized: string
  commit: string
  movedTo: string | null
}

async function storedVersions(tx: Db, packageId: PackageId): Promise<Map<string, StoredVersion>> {
  const rows = await tx
    .selectFrom('versions')
    .select(['id', 'tag', 'version_normalized as normalized', 'commit_sha as commit', 'moved_to as movedTo'])
    .where('package_id', '=', packageId)
    .execute()
  return new Map(rows.map((row) => [row.normalized, row]))
}

interface FirstOutcome extends Tag {
  outcome: 'pending' | 'published' | 'skipped'
  reason: string | null
  message: string | null
  version: VersionId | null
}

function firstOutcome(tag: Tag, stored: Map<string, StoredVersion>): FirstOutcome {
  const version = versionOfTag(tag.tag)
  if ('skipped' in version) return skipped(tag, 'not_a_version_tag', skippedSentence(version))
  const same = stored.get(version.normalized)
  if (!same) return { ...tag, outcome: 'pending', reason: null, message: null, version: null }
  if (same.tag === tag.tag && same.commit === tag.commit)
    return { ...tag, outcome: 'published', reason: null, message: null, version: same.id }
  const fact = same.tag === tag.tag ? 'another commit of this tag' : `the tag ${same.tag}`
  return skipped(tag, 'same_version_exists', `This version was already made of ${fact}.`)
}

const skipped = (tag: Tag, reason: string, message: string): FirstOutcome => ({
  ...tag,
  outcome: 'skipped',
  reason,
  message,
  version: null,
})

async function insertNew(
  tx: Db,
  { packageId, at }: { packageId: PackageId; at: Date },
  tags: readonly FirstOutcome[],
): Promise<void> {
  await sql`
    insert into tag_observations (package_id, tag, commit_sha, observed_at, outcome, reason, message, version_id, decided_at)
    select ${packageId}, tag, commit, ${at}, outcome::tag_outcome, reason, message, version,
           case outcome when 'pending' then null else ${at}::timestamptz end
      from json_to_recordset(${JSON.stringify(tags)}::json)
        as new (tag text, commit text, outcome text, reason text, message text, version text)
        on conflict do nothing`.execute(tx)
}

/**
 * A tag that moved or vanished before it was read can no longer be read. It is looked at again when it comes back, and
 * also when the rules have changed by which a tag is a version.
 */
async function followPending(
  tx: Db,
  { packageId, at }: { packageId: PackageId; at: Date },
  tags: readonly Tag[],
): Promise<void> {
  const readable = JSON.stringify(tags.filter(({ tag }) => taggedVersion(tag)))
  const remote = sql`json_to_recordset(${readable}::json) as remote (tag text, commit text)`
  const isThere = sql`exists (select from ${remote} where remote.tag = o.tag and remote.commit = o.commit_sha)`
  const isNamed = sql`exists (select from ${remote} where remote.tag = o.tag)`
  await sql`
    update tag_observations o
       set outcome = 'skipped', decided_at = ${at},
           reason = case when ${isNamed} then 'tag_moved' else 'tag_deleted' end,
           message = 'The tag was moved or deleted before it could be read.'
     where package_id = ${packageId} and outcome = 'pending' and not ${isThere}`.execute(tx)
  await sql`
    update tag_observations o
       set outcome = 'pending', decided_at = null, reason = null, message = null
     where package_id = ${packageId} and reason in ('not_a_version_tag', 'tag_moved', 'tag_deleted') and ${isThere}`.execute(
    tx,
  )
}

const MOVED = {
  status: 'warn' as const,
  message: 'The tag names another commit by now. The zip is still that of the first one.',
}
const CAME_BACK = {
  status: 'pass' as const,
  message: 'The tag named another commit for a while, and now names the one that the zip was made of.',
}

async function noteMoved(tx: Db, tags: readonly Tag[], stored: Map<string, StoredVersion>) {
  const moved: Moved[] = []
  const remote = new Map(tags.map(({ tag, commit }) => [tag, commit]))
  for (const { id, tag, commit, movedTo } of stored.values()) {
    const now = remote.get(tag)
    if (now === undefined || now === (movedTo ?? commit)) continue
    // a tag that came back has not moved
    const to = now === commit ? null : now
    await tx.updateTable('versions').set({ moved_to: to }).where('id', '=', id).execute()
    await tx
      .updateTable('version_checks')
      .set(to ? MOVED : CAME_BACK)
      .where('version_id', '=', id)
      .where('name', '=', 'tag_integrity')
      .execute()
    if (!to) continue
    await appendToLog(tx, { kind: 'tag_moved', version: id, movedTo: to })
    moved.push({ id, tag, from: commit, to })
  }
  return moved
}

interface Moved {
  id: VersionId
  tag: string
  from: string
  to: string
}

/** One mail to each owner and admin of the org per look: a rewritten history moves all tags at once. */
async function mailMoved(
  tx: Db,
  { org, name, moved, at }: { org: OrgId; name: string; moved: readonly Moved[]; at: Date },
): Promise<void> {
  const [first] = moved
  if (!first) return
  const { id, tag, from, to } = first
  const others = moved.length - 1
  for (const { id: person, email } of await managersOf(tx, org))
    await queueMail(tx, {
      kind: 'tag_moved',
      to: email,
      data: { package: name, tag, from, to, ...(others > 0 && { others }) },
      key: `tag_moved:${id}:${to}:${person}`,
      at,
    })
}

async function countTags(tx: Db, packageId: PackageId, tags: readonly Tag[]) {
  const rows = await tx
    .selectFrom('tag_observations')
    .select(['tag', 'commit_sha', 'outcome'])
    .where('package_id', '=', packageId)
    .execute()
  const outcomes = new Map(rows.map((row) => [`${row.tag} ${row.commit_sha}`, row.outcome]))
  const counts = { published: 0, skipped: 0 }
  const pending: { tag: string; normalized: string }[] = []
  for (const { tag, commit } of tags) {
    const outcome = outcomes.get(`${tag} ${commit}`) ?? 'skipped'
    if (outcome === 'pending') pending.push({ tag, normalized: taggedVersion(tag)?.normalized ?? '' })
    else counts[outcome]++
  }
  pending.sort((a, b) => compare(b.normalized, a.normalized) || (a.tag < b.tag ? -1 : 1))
  return { pending: pending.map(({ tag }) => tag), ...counts }
}
