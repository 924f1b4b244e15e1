import type { GitCommand } from './command.ts'
import type { RefusedTag, RemoteTag, TagFault } from './types.ts'

const PATIENCE_MS = 30_000
const MOST_BYTES = 8 * 2 ** 20
const MOST_FILES = 20_000
const LARGEST_FILE = 20 * 2 ** 20
const LARGEST_TREE = 256 * 2 ** 20
/** In characters. An entry of a listing has a mode, a hash and a path. No system allows a path of this length. */
const LONGEST_ENTRY = 64 * 1024
const LAST_MOMENT = 253_402_300_799 // the end of the year 9999

const MESSAGES: Record<TagFault, string> = {
  file_too_large: 'A file is larger than 20 MiB, or all files together are larger than 256 MiB.',
  too_many_files: `There are more than ${MOST_FILES} files.`,
  hostile_pack: 'Git cannot read the objects of this tag: they are damaged, or made to do harm.',
  not_a_commit: 'The tag does not name a commit.',
  tag_moved: 'The tag has moved to another commit meanwhile.',
}

export const refused = ({ tag, commit }: RemoteTag, fault: TagFault): RefusedTag => ({
  tag,
  commit,
  fault,
  message: MESSAGES[fault],
})

export interface Commit extends RemoteTag {
  tree: string
  committedAt: Date
}

/** The commits that the fetched tags name, in the order of the tags. */
export async function commitsOf(
  git: GitCommand,
  tags: readonly RemoteTag[],
  signal: AbortSignal,
): Promise<(Commit | RefusedTag)[]> {
  if (!tags.length) return []
  const options = { timeoutMs: PATIENCE_MS, maxBytes: MOST_BYTES, signal }
  const asked = tags.map(({ tag }) => `refs/tags/${tag}^{commit}\n`).join('')
  const resolved = (await git.output(['cat-file', '--batch-check'], { ...options, input: asked }))
    .toString('latin1')
    .split('\n')
  const named = tags.map((_, i) => /^([0-9a-f]+) commit \d+$/.exec(resolved[i] ?? '')?.[1])
  const dates = await datesOf(
    git,
    named.filter((commit) => commit !== undefined),
    signal,
  )
  return tags.map((tag, i) => {
    const commit = named[i]
    if (!commit) return refused(tag, 'not_a_commit')
    const details = dates.get(commit)
    if (commit !== tag.commit) return refused(tag, 'tag_moved')
    return details ? { tag: tag.tag, commit, ...details } : refused(tag, 'hostile_pack')
  })
}

async function datesOf(git: GitCommand, commits: readonly string[], signal: AbortSignal) {
  const found = new Map<string, { tree: string; committedAt: Date }>()
  if (!commits.length) return found
  const args = ['rev-list', '--no-walk=unsorted', '--no-commit-header', '--format=%H %T %ct', '--stdin']
  const input = commits.map((commit) => `${commit}\n`).join('')
  const printed = await git.output(args, { timeoutMs: PATIENCE_MS, maxBytes: MOST_BYTES, signal, input })
  for (const line of printed.toString('latin1').split('\n')) {
    const [, commit, tree, seconds] = /^([0-9a-f]+) ([0-9a-f]+) (\d+)$/.exec(line) ?? []
    if (commit && tree)
      found.set(commit, { tree, committedAt: new Date(Math.min(Number(seconds), LAST_MOMENT) * 1000) })
  }
  return found
}

/** Whether objects of the commits were left out of the fetch, because they are too large. */
export async function isIncomplete(
  git: GitCommand,
  commits: readonly Commit[],
  signal: AbortSignal,
): Promise<boolean> {
  const args = ['rev-list', '--objects', '--no-object-names', '--missing=print', '--stdin']
  const input = commits.map(({ commit }) => `${commit}\n`).join('')
  for await (const chunk of git.stream(args, { timeoutMs: PATIENCE_MS, signal, input }))
    if (chunk.includes('?')) return true
  return false
}

/** Measures the files of a commit before they are read. Returns the limit that they break. */
export async function findOversize(
  git: GitCommand,
  commit: string,
  signal: AbortSignal,
): Promise<TagFault | undefined> {
  let files = 0
  let bytes = 0
  let rest = ''
  const args = ['ls-tree', '-r', '-l', '-z', '--full-tree', commit]
  for await (const chunk of git.stream(args, { timeoutMs: PATIENCE_MS, signal })) {
    const entries = (rest + chunk.toString('latin1')).split('\0')
    rest = entries.pop() ?? ''
    // in an entry without an end, each chunk would copy all the chunks before
    if (rest.length > LONGEST_ENTRY) return 'hostile_pack'
    for (const entry of entries) {
      const size = Number(/^\d+ blob [0-9a-f]+ +(\d+)\t/.exec(entry)?.[1] ?? 0)
      files += 1
      bytes += size
      if (files > MOST_FILES) return 'too_many_files'
      if (size > LARGEST_FILE || bytes > LARGEST_TREE) return 'file_too_large'
    }
  }
  return undefined
}
