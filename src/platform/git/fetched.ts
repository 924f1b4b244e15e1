import type { GitCommand } from './command.ts'
import { type Commit, commitsOf, findOversize, isIncomplete, refused } from './commits.ts'
import { GitFailedHere } from './errors.ts'
import { isHostile } from './failures.ts'
import { ProgramStopped } from './program.ts'
import type { FetchedTag, RefusedTag, RemoteTag, TagFault } from './types.ts'

const ARCHIVE_PATIENCE_MS = 120_000
const READ_PATIENCE_MS = 30_000
const LARGEST_READ = 2 ** 20

interface Fetched {
  tags: readonly RemoteTag[]
  /** Tags that were not fetched. */
  faults: ReadonlyMap<RemoteTag, TagFault>
  signal: AbortSignal
}

/** The fetched tags in their order, each with its files or with the reason why it has none. */
export async function* readTags(
  git: GitCommand,
  { tags, faults, signal }: Fetched,
): AsyncGenerator<FetchedTag | RefusedTag, void, undefined> {
  const named = await commitsOf(
    git,
    tags.filter((tag) => !faults.has(tag)),
    signal,
  )
  const byTag = new Map(named.map((commit) => [commit.tag, commit]))
  const commits = named.filter((commit): commit is Commit => !('fault' in commit))
  const areComplete = commits.length > 1 && !(await orHostile(isIncomplete(git, commits, signal), true))
  for (const tag of tags) {
    const commit = byTag.get(tag.tag) ?? refused(tag, faults.get(tag) ?? 'hostile_pack')
    if ('fault' in commit) yield commit
    else yield (await refusedAsWhole(git, commit, areComplete, signal)) ?? fetched(git, commit, signal)
  }
}

async function refusedAsWhole(git: GitCommand, commit: Commit, isComplete: boolean, signal: AbortSignal) {
  try {
    if (!isComplete && (await isIncomplete(git, [commit], signal))) return refused(commit, 'file_too_large')
    const fault = await findOversize(git, commit.commit, signal)
    return fault && refused(commit, fault)
  } catch (e) {
    if (isHostile(e)) return refused(commit, 'hostile_pack')
    throw e
  }
}

const fetched = (git: GitCommand, commit: Commit, signal: AbortSignal): FetchedTag => ({
  ...commit,
  archive: () => archiveOf(git, commit, signal),
})

async function* archiveOf(git: GitCommand, { commit }: Commit, signal: AbortSignal) {
  try {
    yield* git.stream(['archive', '--format=tar', commit], { timeoutMs: ARCHIVE_PATIENCE_MS, signal })
  } catch (e) {
    throw isHostile(e) || e instanceof ProgramStopped || signal.aborted ? e : new GitFailedHere(e)
  }
}

async function orHostile(result: Promise<boolean>, ifHostile: boolean): Promise<boolean> {
  try {
    return await result
  } catch (e) {
    if (isHostile(e)) return ifHostile
    throw e
  }
}

/** One regular file of the only tag. Undefined when the tag does not have it. */
export async function readFile(
  git: GitCommand,
  { tags, faults, path, signal }: Fetched & { path: string },
): Promise<Buffer | RefusedTag | undefined> {
  const [tag] = tags
  if (!tag) return undefined
  const fault = faults.get(tag)
  if (fault) return refused(tag, fault)
  const [commit] = await commitsOf(git, tags, signal)
  if (!commit || 'fault' in commit) return commit
  const options = { timeoutMs: READ_PATIENCE_MS, signal }
  try {
    const listing = ['ls-tree', '-z', '--full-tree', commit.commit, '--', path]
    const listed = await git.output(listing, { ...options, maxBytes: 64 * 1024 })
    const [, hash] = /^100(?:644|755) blob ([0-9a-f]+)\t/.exec(listed.toString('latin1')) ?? []
    if (!hash) return undefined
    return (
      (await contentOf(git, hash, signal)) ?? {
        ...refused(tag, 'file_too_large'),
        message: `The file ${path} is larger than 1 MiB.`,
      }
    )
  } catch (e) {
    if (isHostile(e)) return refused(tag, 'hostile_pack')
    throw e
  }
}

/** Undefined when it is larger than what was asked for: then it was not fetched, unless the host ignores the wish. */
async function contentOf(git: GitCommand, hash: string, signal: AbortSignal): Promise<Buffer | undefined> {
  const options = { timeoutMs: READ_PATIENCE_MS, maxBytes: LARGEST_READ, signal }
  try {
    return await git.output(['cat-file', 'blob', hash], options)
  } catch (e) {
    if (isHostile(e) || (e instanceof ProgramStopped && e.why === 'too_much_output')) return undefined
    throw e
  }
}
