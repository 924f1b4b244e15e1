/** A host that repositories may be cloned from. */
export interface CloneHost {
  /** As in URLs: `github.com`, or `git.example:8443`. */
  name: string
  /** For the sandbox's own host only. */
  allowHttp?: boolean
  allowPrivateAddress?: boolean
}

export interface RemoteRepository {
  /** https, at a configured host, without credentials. */
  cloneUrl: string
  /** The value of the `Authorization` header. It is passed to Git by its environment only. */
  authorization?: string | undefined
}

/** A tag and the commit that it names at the host. The commit is in hexadecimal. */
export interface RemoteTag {
  tag: string
  commit: string
}

export interface FetchedTag extends RemoteTag {
  tree: string
  committedAt: Date
  /** The files of the commit as a tar. It can be read until the next tag is asked for. Throws `GitFailedHere`. */
  archive: () => AsyncIterable<Uint8Array>
}

/** Why a tag cannot become a version, whatever its files mean. */
export type TagFault = 'file_too_large' | 'too_many_files' | 'hostile_pack' | 'not_a_commit' | 'tag_moved'

export interface RefusedTag extends RemoteTag {
  fault: TagFault
  /** One sentence of our own. */
  message: string
}

interface Signalled {
  signal: AbortSignal
}

/**
 * Reads repositories of strangers with the Git command line. Each method throws `GitUrlRefused`,
 * `RepositoryNotAccessible`, `RepositoryMoved`, `GitHostUnavailable` or the reason of the signal. When the signal is aborted, all
 * processes of the call are killed.
 */
export interface GitReader {
  /** All tags with the commits that they name. Throws `TooManyTags` for more than 20,000, and `RepositoryUnreadable`. */
  listTags: (remote: RemoteRepository, options: Signalled) => Promise<RemoteTag[]>
  /**
   * Fetches at most 25 tags at once and returns them in their order, each as it is asked for. `tag_moved`: the host has
   * another commit by now, or no such tag. The folder of the job is deleted when the loop ends, also after a failure.
   */
  fetchTags: (
    remote: RemoteRepository,
    tags: readonly RemoteTag[],
    options: Signalled,
  ) => AsyncIterable<FetchedTag | RefusedTag>
  /** One file of a tag, at most 1 MiB. Undefined when the tag does not have it as a regular file. */
  readFile: (
    remote: RemoteRepository,
    file: RemoteTag & { path: string },
    options: Signalled,
  ) => Promise<Buffer | RefusedTag | undefined>
}
