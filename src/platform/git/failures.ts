import { GitHostUnavailable, RepositoryMoved, RepositoryNotAccessible } from './errors.ts'
import { ProgramFailed, ProgramStopped } from './program.ts'

const NOT_ACCESSIBLE =
  /returned error: 40[0134]\b|could not read (Username|Password)|Authentication failed|repository '.*' not found/
const REDIRECTED = /returned error: 30\d\b/
// what Git says when the connection failed, and not what came over it
const CONNECTION =
  /unable to access|RPC failed|early EOF|unexpected disconnect|hung up unexpectedly|expected (flush|packfile|'packfile')|returned error: \d+|not valid: is this a git repository|protocol error|bad line length|dumb http transport|invalid server response|Could not resolve|Failed to connect|timed out|too slow/

// the host cannot read its own objects
const CORRUPT = /repository corruption on the remote side/
// this machine failed, and not what came over the network
const OURS =
  /No space left|Disk quota|Too many open files|Permission denied|Read-only file system|cannot fork/

/**
 * What the failure of a command with the network means. Returns undefined when the connection was good but what came
 * over it was not a sound repository. `error`: what a command threw.
 */
export function connectionError(error: unknown): Error | undefined {
  if (error instanceof ProgramStopped && error.why === 'too_slow')
    return new GitHostUnavailable('The Git host was too slow.', error)
  if (isHostile(error)) {
    const { errorText } = error
    if (NOT_ACCESSIBLE.test(errorText)) return new RepositoryNotAccessible()
    if (REDIRECTED.test(errorText)) return new RepositoryMoved()
    if (CORRUPT.test(errorText)) return undefined
    return CONNECTION.test(errorText) ? new GitHostUnavailable(undefined, error) : undefined
  }
  return error instanceof ProgramStopped ? undefined : (error as Error)
}

/**
 * Whether a command failed because of the objects that it read. A command that reads a sound repository does not fail,
 * unless this machine fails or somebody kills it.
 */
export const isHostile = (error: unknown): error is ProgramFailed =>
  error instanceof ProgramFailed &&
  error.end !== 'SIGKILL' &&
  !error.end.startsWith('not started') &&
  !OURS.test(error.errorText)
