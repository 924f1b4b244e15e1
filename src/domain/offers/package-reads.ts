import { compare } from '#kernel/composer-version/compare'
import { isId, type OrgId, type PackageId, type VersionId } from '#kernel/ids'
import { findOffer, type Offer, offersOf } from '#domain/catalogue'
import type { Db } from '../../platform/database.ts'
import type { VersionStatus } from '../../platform/tables.ts'
import { type Obstacle, obstaclesOf } from './offer-state.ts'
import { type SyncState, syncStates } from './sync-state.ts'

const MOST_SKIPPED = 50

/** A package as its vendor sees it in a list. */
export interface OwnPackage extends Offer {
  obstacles: Obstacle[]
  /** The available versions. */
  versions: number
  /** The newest available version, stable ones first. */
  newest: { label: string; tag: string; releasedAt: Date } | undefined
  sync: SyncState
}

export interface OwnVersion {
  id: VersionId
  /** The tag without `v`. */
  label: string
  tag: string
  stability: string
  status: VersionStatus
  commit: string
  /** When we first saw the tag. */
  releasedAt: Date
  /** Another commit that the tag names by now. */
  movedTo: string | undefined
  /** How many checks were made, and how many of them warn or fail. None for a version that was published without Git. */
  checks: number
  warnings: number
  failures: number
}

export interface SkippedTag {
  tag: string
  reason: string
  /** One sentence of our own, which may quote the vendor's files. */
  message: string
}

/** The packages of an org's vendors, ordered by name, beginning after the name `after`. */
export async function ownPackages(
  db: Db,
  wanted: { org: OrgId; limit: number; after?: string | undefined },
): Promise<OwnPackage[]> {
  return withState(db, await offersOf(db, wanted))
}

/** One package of an org's vendors. Undefined also for one of another org. */
export async function ownPackage(
  db: Db,
  wanted: { org: OrgId; id: PackageId },
): Promise<OwnPackage | undefined> {
  const offer = await findOffer(db, wanted)
  return offer && (await withState(db, [offer]))[0]
}

/** The org whose vendor has a package. Does not check access; the caller has to. */
export async function orgOfPackage(db: Db, id: string): Promise<OrgId | undefined> {
  if (!isId('pkg', id)) return undefined
  const row = await db
    .selectFrom('packages as p')
    .innerJoin('vendors as v', 'v.id', 'p.vendor_id')
    .select('v.org_id')
    .where('p.id', '=', id)
    .executeTakeFirst()
  return row?.org_id
}

async function withState(db: Db, offers: readonly Offer[]): Promise<OwnPackage[]> {
  const ids = offers.map(({ id }) => id)
  const [obstacles, syncs, versions] = [
    await obstaclesOf(db, offers),
    await syncStates(db, ids),
    await availableVersions(db, ids),
  ]
  return offers.flatMap((offer) => {
    const sync = syncs.get(offer.id)
    const own = versions.filter((each) => each.package_id === offer.id)
    const [newest] = own.sort(newestFirst).toSorted((a, b) => unstable(a) - unstable(b))
    if (!sync) return []
    return [
      {
        ...offer,
        obstacles: obstacles.get(offer.id) ?? [],
        versions: own.length,
        newest: newest && { label: newest.label, tag: newest.tag, releasedAt: newest.released_at },
        sync,
      },
    ]
  })
}

const newestFirst = (a: { version_normalized: string }, b: { version_normalized: string }) =>
  compare(b.version_normalized, a.version_normalized)
const unstable = ({ stability }: { stability: string }) => Number(stability !== 'stable')

async function availableVersions(db: Db, ids: readonly PackageId[]) {
  if (!ids.length) return []
  return db
    .selectFrom('versions')
    .select(['package_id', 'label', 'tag', 'stability', 'version_normalized', 'released_at'])
    .where('package_id', 'in', ids)
    .where('status', '=', 'available')
    .execute()
}

/** All versions of a package in Composer's order, newest first, including those that are withdrawn or blocked. */
export async function ownVersions(db: Db, packageId: PackageId): Promise<OwnVersion[]> {
  const rows = await db
    .selectFrom('versions as v')
    .select(['v.id', 'v.label', 'v.tag', 'v.stability', 'v.status', 'v.commit_sha', 'v.released_at'])
    .select(['v.moved_to', 'v.version_normalized'])
    .leftJoin('version_checks as c', 'c.version_id', 'v.id')
    .select(({ fn }) => [
      fn.count<number>('c.name').as('checks'),
      fn.count<number>('c.name').filterWhere('c.status', '=', 'warn').as('warnings'),
      fn.count<number>('c.name').filterWhere('c.status', '=', 'fail').as('failures'),
    ])
    .groupBy('v.id')
    .where('v.package_id', '=', packageId)
    .execute()
  return rows.sort(newestFirst).map((row) => ({
    id: row.id,
    label: row.label,
    tag: row.tag,
    stability: row.stability,
    status: row.status,
    commit: row.commit_sha,
    releasedAt: row.released_at,
    movedTo: row.moved_to ?? undefined,
    checks: Number(row.checks),
    warnings: Number(row.warnings),
    failures: Number(row.failures),
  }))
}

/** The tags that did not become a version, last seen first, and how many there are. At most 50 are returned. */
export async function skippedTags(
  db: Db,
  packageId: PackageId,
): Promise<{ tags: SkippedTag[]; count: number }> {
  const rows = await db
    .selectFrom('tag_observations')
    .select(['tag', 'reason', 'message', (count) => count.fn.countAll<number>().over().as('count')])
    .where('package_id', '=', packageId)
    .where('outcome', '=', 'skipped')
    .orderBy('observed_at', 'desc')
    .orderBy('tag')
    .limit(MOST_SKIPPED)
    .execute()
  const tags = rows.map(({ tag, reason, message }) => ({ tag, reason: reason ?? '', message: message ?? '' }))
  return { tags, count: Number(rows[0]?.count ?? 0) }
}
