import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export type { Git, ListedIntegration, ListedRepository, RepositoryAccess } from './git.ts'
export { gitOn } from './git-on.ts'
export { enqueueGitReminder } from './remind.ts'
export { resealGitSecrets } from './reseal.ts'
export { awaitedGitHost, noteGitWait } from './waits.ts'

/** The codes of all refusals of `git`. */
export type GitCode = CodesIn<typeof refusals>
