import type { PackageId, VersionId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Git, RemoteRepository } from '#platform/git/types'
import type { Logger } from '#platform/logger'
import type { Storage } from '#platform/storage'

/** The dependencies of the steps on the queue `git-ingest`. Its process has no key of the payment provider. */
export interface IngestDependencies {
  db: Db
  git: Git
  storage: Storage
  log: Logger
  /** Where a package comes from, with a credential made for this call. Throws a refusal when there is none. */
  repositoryOf: (packageId: PackageId) => Promise<RemoteRepository>
}

/** `at`: ISO, UTC. */
export interface LookAtTags {
  packageId: PackageId
  at: string
}

export interface SeenTags {
  /** The tags to ingest, the newest version first. */
  pending: string[]
  /** All tags of the repository that are decided: how many are published, and how many are skipped. */
  published: number
  skipped: number
  /** Published tags that name another commit since the last look. */
  moved: string[]
}

export interface IngestTags extends LookAtTags {
  /** At most 25, from `pending`. */
  tags: string[]
}

/** `skipped`: a stable code, such as `wrong_name`. */
export type IngestedTag =
  { tag: string; published: VersionId; label: string } | { tag: string; skipped: string; message: string }

/** The steps on the queue `git-ingest`. A workflow sees them by `proxyActivities<IngestActivities>`. */
export interface IngestActivities {
  /** Lists the tags at the host and stores what is new. */
  lookAtTags: (input: LookAtTags) => Promise<SeenTags>
  /** Makes versions of the tags. Each outcome is committed by itself, so a retry continues after the last one. */
  ingestTags: (input: IngestTags) => Promise<IngestedTag[]>
}
