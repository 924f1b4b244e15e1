import type { GitHostKind } from '../../src/kernel/git-host.ts'
import type { Api } from './api-call.ts'
import { giteaApi } from './api-gitea.ts'
import { githubApi } from './api-github.ts'
import { gitlabApi } from './api-gitlab.ts'

export const API_PATHS = { github: '/api/v3', gitlab: '/api/v4', gitea: '/api/v1' } as const
export const APIS: Record<GitHostKind, Api> = { github: githubApi, gitlab: gitlabApi, gitea: giteaApi }
