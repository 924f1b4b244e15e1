import { Context } from '@temporalio/activity'
import { resultListOf } from '#contracts/messages'
import type { Publication } from '#contracts/publish-package'
import type { PackageId, VersionId } from '#kernel/ids'
import { noteTagProgress } from '#domain/publications'
import { atMostEvery } from './at-most-every.ts'
import { type Attempt, type IngestDependencies, ingestTags, lookAtTags } from './ingest.ts'
import type { RepositoryStep } from './publications.ts'
import { previewRepository, readRepository } from './repositories.ts'

/** Shorter than the heartbeat timeout of the steps, which is 30 s. */
const HEARTBEAT_MS = 5_000

/** `at`: ISO, UTC. */
export interface LookAtTags {
  packageId: PackageId
  at: string
}

export interface SeenTags {
  /** The tags to ingest, the newest version first. */
  pending: string[]
  /** There are more to ingest, which the next look finds. */
  isMore: boolean
  /** How many tags of the repository are published, and how many are skipped. */
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
  | { tag: string; published: VersionId; label: string }
  | { tag: string; skipped: string; message: string }

/** The steps on the queue `git-ingest`. Cancelling one kills all programs that it started. */
export const ingestActivitiesOn = (deps: IngestDependencies) => ({
  /** As `readRepository` in `repositories.ts`. */
  readRepository: (step: RepositoryStep): Promise<void> =>
    withHeartbeats((attempt) => readRepository(deps, step, attempt)),

  /** As `previewRepository` in `repositories.ts`. */
  previewRepository: (step: RepositoryStep): Promise<Omit<Publication, 'repository'>> =>
    withHeartbeats((attempt) => previewRepository(deps, step, attempt)),

  /** Lists the tags at the host and stores what is new. */
  lookAtTags: ({ packageId, at }: LookAtTags): Promise<SeenTags> =>
    withHeartbeats(async (attempt) => {
      const { pending, moved, ...counts } = await lookAtTags(deps, { packageId, at: new Date(at) }, attempt)
      const { items, isMore } = resultListOf(pending)
      return { ...counts, pending: items, isMore, moved: resultListOf(moved).items }
    }),

  /** Makes versions of the tags. Each outcome is committed by itself, so a retry continues after the last one. */
  ingestTags: ({ packageId, tags, at }: IngestTags): Promise<IngestedTag[]> =>
    withHeartbeats((attempt) => {
      const onProgress = atMostEvery(PROGRESS_MS, () => noteProgress(deps, packageId))
      onProgress()
      return ingestTags(deps, { packageId, tags, at: new Date(at) }, { ...attempt, onProgress })
    }),
})

export type IngestActivities = ReturnType<typeof ingestActivitiesOn>

/** Counting the tags of a package takes longer the more it has, so a note after each tag would cost too much. */
const PROGRESS_MS = 500

/** The progress of the operations that watch. When it cannot be written, the step goes on. */
async function noteProgress({ db, log }: IngestDependencies, packageId: PackageId): Promise<void> {
  await noteTagProgress(db, packageId, new Date()).catch((error: unknown) =>
    log.warn({ error, packageId }, 'the progress of a look at tags could not be recorded'),
  )
}

/** Runs a step with heartbeats. The heartbeats also tell it that it was cancelled. */
async function withHeartbeats<T>(run: (attempt: Attempt) => Promise<T>): Promise<T> {
  const { cancellationSignal: signal, heartbeat } = Context.current()
  const timer = setInterval(() => heartbeat(), HEARTBEAT_MS)
  try {
    return await run({ signal })
  } finally {
    clearInterval(timer)
  }
}
