import { TooManyTags, RepositoryUnreadable } from './errors.ts'
import { connectionError } from './failures.ts'
import type { CommandOptions, GitCommand } from './command.ts'
import { ProgramStopped } from './program.ts'
import type { RemoteTag } from './types.ts'

const MOST_TAGS = 20_000
const MOST_BYTES = 8 * 2 ** 20

/** The tags of a repository at its host, in the order of the host. A tag that names another tag has the commit of that one. */
export async function listTags(
  git: GitCommand,
  { url, ...options }: CommandOptions & { url: string },
): Promise<RemoteTag[]> {
  try {
    return tagsIn(await git.output(['ls-remote', '--tags', '--', url], { ...options, maxBytes: MOST_BYTES }))
  } catch (e) {
    if (e instanceof ProgramStopped && e.why === 'too_much_output') throw new TooManyTags(MOST_TAGS)
    throw connectionError(e) ?? new RepositoryUnreadable()
  }
}

/** Lines such as `<hash>\trefs/tags/v1.0.0`, and `…^{}` for the commit of an annotated tag. */
function tagsIn(listed: Buffer): RemoteTag[] {
  const commits = new Map<string, string>()
  for (const line of listed.toString('utf8').split('\n')) {
    const [, commit, tag] = /^([0-9a-f]{40}(?:[0-9a-f]{24})?)\trefs\/tags\/(.+?)(?:\^\{\})?$/.exec(line) ?? []
    if (commit && tag) commits.set(tag, commit)
  }
  if (commits.size > MOST_TAGS) throw new TooManyTags(MOST_TAGS)
  return [...commits].map(([tag, commit]) => ({ tag, commit }))
}
