import type { GitHost, GitHostKind } from '#kernel/git-host'
import { gitea } from './gitea.ts'
import { github } from './github.ts'
import { gitlab } from './gitlab.ts'
import type { GitHostSettings } from './settings.ts'

const OPEN: Record<GitHostKind, (settings: GitHostSettings) => GitHost> = { github, gitlab, gitea }

/** The hosts of the setting `GIT_HOSTS`, in its order. */
export const openGitHosts = (hosts: readonly GitHostSettings[]): GitHost[] =>
  hosts.map((settings) => OPEN[settings.kind](settings))
