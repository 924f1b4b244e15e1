import { DomainError } from '#kernel/errors'
import { mintId, type PackageId } from '#kernel/ids'
import type { PublicationRef } from '#domain/publications'
import * as publishing from '#domain/publishing'
import { ArchiveRefused, LIMITS, type PackedArchive, packTar } from '#platform/archives'
import type { Db } from '#platform/database'
import {
  type FetchedTag,
  GitHostUnavailable,
  type GitReader,
  type RefusedTag,
  type RemoteRepository,
} from '#platform/git'
import type { Logger } from '#platform/logger'
import type { PhpSyntax } from '#platform/php-syntax'
import type { Storage } from '#platform/storage'
import { type DeflateMemory, deflateMemory } from '#platform/zip'

/** The dependencies of the steps on the queue `git-ingest`. Its process has no key of the payment provider. */
export interface IngestDependencies {
  db: Db
  git: GitReader
  storage: Storage
  log: Logger
  /** Undefined where PHP is not installed. */
  php: PhpSyntax | undefined
  /** Where a package comes from, with a credential made for this call. Throws a refusal when there is none. */
  repositoryOf: (packageId: PackageId) => Promise<RemoteRepository>
  /** The repository of an operation, as `repositoryOf`. */
  repositoryToPublish: (ref: PublicationRef) => Promise<RemoteRepository>
}

export interface Attempt {
  /** When it is aborted, all programs are killed and nothing more is decided. */
  signal: AbortSignal
  /** Called after each tag. */
  onProgress?: () => void
}

interface Wanted {
  packageId: PackageId
  at: Date
}

const MOST_LOOKS = 3
const DEFLATE_MEMORY = 64 * 2 ** 20
/** Lists the tags at the host and stores what is new. */
export async function lookAtTags(
  { db, git, repositoryOf }: IngestDependencies,
  { packageId, at }: Wanted,
  { signal }: Attempt,
): Promise<publishing.ObservedTags> {
  const tags = await git.listTags(await repositoryOf(packageId), { signal })
  return publishing.observeTags(db, { packageId, tags, at })
}

/**
 * Makes versions of at most 25 tags. Each outcome is committed by itself, so a retry continues after the last one. Looks
 * again at the host when a tag has moved meanwhile. Refuses `tag_not_observed`, `git_host_unavailable`, and what the
 * host refuses.
 */
export async function ingestTags(
  deps: IngestDependencies,
  { tags, ...wanted }: Wanted & { tags: readonly string[] },
  attempt: Attempt,
): Promise<({ tag: string } & publishing.TagDecision)[]> {
  for (let look = 1; await ingestPending(deps, { ...wanted, tags }, attempt); look++) {
    if (look === MOST_LOOKS)
      throw new GitHostUnavailable('The tags of the repository change while they are read.')
    await lookAtTags(deps, wanted, attempt)
  }
  return publishing.decisionOfEach(deps.db, wanted.packageId, tags)
}

/** Returns true when a tag has moved since the last look. */
async function ingestPending(
  deps: IngestDependencies,
  { packageId, tags, at }: Wanted & { tags: readonly string[] },
  { signal, onProgress }: Attempt,
): Promise<boolean> {
  const pending = await publishing.pendingTags(deps.db, packageId, tags)
  if (!pending.length) return false
  let hasMoved = false
  const memory = deflateMemory(DEFLATE_MEMORY)
  for await (const fetched of deps.git.fetchTags(await deps.repositoryOf(packageId), pending, { signal })) {
    if (await decide(deps, { packageId, ...fetched }, { at, signal, memory })) hasMoved = true
    onProgress?.()
  }
  return hasMoved
}

interface Reading {
  at: Date
  signal: AbortSignal
  memory: DeflateMemory
}

/** Returns true when the tag has moved, and nothing was decided. */
async function decide(
  deps: IngestDependencies,
  tag: (FetchedTag | RefusedTag) & { packageId: PackageId },
  { at, signal, memory }: Reading,
): Promise<boolean> {
  const { db, log } = deps
  if ('fault' in tag) {
    if (tag.fault === 'tag_moved') return true
    await publishing.skipTag(db, tag, { reason: tag.fault, message: tag.message, at })
    return false
  }
  try {
    await publish(deps, tag, { at, signal, memory })
  } catch (e) {
    // an archive that was stopped looks like a broken one
    signal.throwIfAborted()
    if (e instanceof ArchiveRefused && e.cause instanceof DomainError) throw e.cause
    if (!(e instanceof DomainError) || !publishing.isSkipReason(e.code)) throw e
    log.info({ packageId: tag.packageId, tag: tag.tag, reason: e.code }, 'a tag was skipped')
    await publishing.skipTag(db, tag, { reason: e.code, message: e.message, at })
  }
  return false
}

async function publish(
  deps: IngestDependencies,
  tag: FetchedTag & { packageId: PackageId },
  { at, signal, memory }: Reading,
): Promise<void> {
  const { db, storage } = deps
  const packed = await packTar(tag.archive(), LIMITS, memory)
  const { bytes } = packed.files.find(({ path }) => path === 'composer.json') ?? {}
  const manifest = await publishing.readManifest(db, tag, bytes)
  const checks = await checksOf(deps, { packed, manifest, signal })
  const hasZip = !publishing.isMetapackage(manifest)
  if (hasZip) await storage.put(packed.zip, packed.sha256)
  signal.throwIfAborted()
  const { tree: treeSha, committedAt } = tag
  const { readme, changelog } = packed.texts
  const version = {
    id: mintId('ver', at, Math.random),
    treeSha,
    committedAt,
    manifest,
    readme,
    changelog,
    archive: hasZip ? packed : undefined,
  }
  await publishing.publishTag(db, tag, { version, checks, at })
}

async function checksOf(
  { php }: IngestDependencies,
  { packed, manifest, signal }: { packed: PackedArchive; manifest: publishing.Manifest; signal: AbortSignal },
): Promise<publishing.Check[]> {
  const { files, links, bytes: zipBytes } = packed
  const checks = publishing.checkVersion({ manifest, files, links, zipBytes })
  const parsed = php && {
    version: php.version,
    faults: await php.faultsIn(publishing.phpFiles({ files }), { signal }),
  }
  return [...checks, publishing.phpSyntaxCheck(manifest, parsed)]
}
