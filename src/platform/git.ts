import type { CodesIn } from '#kernel/errors'
import { gitIn, type GitCommand } from './git/command.ts'
import type * as refusals from './git/errors.ts'
import { fetchInto } from './git/fetch.ts'
import { readFile, readTags } from './git/fetched.ts'
import { findIsolation, type Isolation } from './git/isolation.ts'
import { inJobFolder, sweepJobs } from './git/jobs.ts'
import { checkRemote, type Resolve } from './git/remote.ts'
import { listTags } from './git/tags.ts'
import type { GitReader, CloneHost, RemoteRepository } from './git/types.ts'
import type { Logger } from './logger.ts'

/** The codes of all refusals of the reader. */
export type GitReaderCode = CodesIn<typeof refusals>

export type {
  FetchedTag,
  GitReader,
  CloneHost,
  RefusedTag,
  RemoteRepository,
  RemoteTag,
} from './git/types.ts'
export {
  GitHostUnavailable,
  GitUrlRefused,
  RepositoryMoved,
  RepositoryNotAccessible,
  RepositoryUnreadable,
  TooManyTags,
} from './git/errors.ts'

const MOST_TAGS_A_JOB = 25

export interface GitOptions {
  hosts: readonly CloneHost[]
  /** For the folders of jobs. Only one process may use it. */
  folder: string
  log: Logger
  /** For tests: the addresses of a host, how programs are isolated, and how long a host may take. */
  resolve?: Resolve
  isolation?: Isolation
  patience?: Patience
}

/** In milliseconds. */
interface Patience {
  list: number
  fetch: number
}
const PATIENCE: Patience = { list: 30_000, fetch: 180_000 }

/** Sweeps the folder, finds out how programs can be isolated here, and says so once. */
export async function openGitReader({
  isolation = findIsolation(),
  patience = PATIENCE,
  ...options
}: GitOptions): Promise<GitReader> {
  await sweepJobs(options.folder)
  logIsolation(options.log, isolation)
  const job = <T>(remote: RemoteRepository, signal: AbortSignal, run: RunJob<T>) =>
    inJob({ ...options, isolation }, remote, signal, run)
  return {
    listTags: (remote, { signal }) =>
      only(
        job(remote, signal, async function* ({ network, url }) {
          yield await listTags(network, { url, signal, timeoutMs: patience.list })
        }),
      ),
    fetchTags(remote, tags, { signal }) {
      if (tags.length > MOST_TAGS_A_JOB) throw new RangeError(`more than ${MOST_TAGS_A_JOB} tags`)
      return job(remote, signal, async function* (fetch) {
        const faults = await fetchInto({ ...fetch, largestFile: '20m', timeoutMs: patience.fetch }, tags)
        yield* readTags(fetch.local, { tags, faults, signal })
      })
    },
    readFile: (remote, { path, ...tag }, { signal }) =>
      only(
        job(remote, signal, async function* (fetch) {
          const faults = await fetchInto({ ...fetch, largestFile: '1m', timeoutMs: patience.fetch }, [tag])
          yield await readFile(fetch.local, { tags: [tag], faults, path, signal })
        }),
      ),
  }
}

interface Job {
  /** Git without and with the network. */
  local: GitCommand
  network: GitCommand
  url: string
  folder: string
  signal: AbortSignal
}
type RunJob<T> = (job: Job) => AsyncGenerator<T, void, undefined>

async function* inJob<T>(
  { hosts, folder: root, resolve, isolation }: GitOptions & { isolation: Isolation },
  repository: RemoteRepository,
  signal: AbortSignal,
  run: RunJob<T>,
): AsyncGenerator<T, void, undefined> {
  const remote = await checkRemote(repository, hosts, resolve)
  yield* inJobFolder(root, (folder) =>
    run({
      local: gitIn({ isolation, folder }),
      network: gitIn({ isolation, folder, remote }),
      url: remote.url,
      folder,
      signal,
    }),
  )
}

/** The only result of a job. */
async function only<T>(results: AsyncGenerator<T, void, undefined>): Promise<T> {
  for await (const result of results) return result
  throw new Error('the job has no result')
}

function logIsolation(log: Logger, isolation: Isolation): void {
  const missing = Object.entries(isolation).flatMap(([program, isThere]) => (isThere ? [] : program))
  if (missing.length)
    log.warn(isolation, `git is isolated less than it could be: install ${missing.join(', ')}`)
  else log.info(isolation, 'git runs in bubblewrap, without more rights and under limits')
}
