import { Context } from '@temporalio/activity'
import type { PackageId, VersionId } from '#kernel/ids'
import { type Attempt, type IngestDependencies, ingestTags, lookAtTags } from './ingest.ts'

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
  { tag: string; published: VersionId; label: string } | { tag: string; skipped: string; message: string }

/** The steps on the queue `git-ingest`. Cancelling one kills all programs that it started. */
export const ingestActivitiesOn = (deps: IngestDependencies) => ({
  /** Lists the tags at the host and stores what is new. */
  lookAtTags: ({ packageId, at }: LookAtTags): Promise<SeenTags> =>
    beating((attempt) => lookAtTags(deps, { packageId, at: new Date(at) }, attempt)),

  /** Makes versions of the tags. Each outcome is committed by itself, so a retry continues after the last one. */
  ingestTags: ({ packageId, tags, at }: IngestTags): Promise<IngestedTag[]> =>
    beating((attempt) => ingestTags(deps, { packageId, tags, at: new Date(at) }, attempt)),
})

export type IngestActivities = ReturnType<typeof ingestActivitiesOn>

/** Runs a step with heartbeats. The heartbeats also tell it that it was cancelled. */
async function beating<T>(run: (attempt: Attempt) => Promise<T>): Promise<T> {
  const { cancellationSignal: signal, heartbeat } = Context.current()
  const timer = setInterval(() => heartbeat(), HEARTBEAT_MS)
  try {
    return await run({ signal })
  } finally {
    clearInterval(timer)
  }
}
