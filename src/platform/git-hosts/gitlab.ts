import { z } from 'zod'
import { type GitGrant, type GitHost, GitHostFailure, type GitRepository } from '#kernel/git-host'
import { callHost, shaped } from './calls.ts'
import { authorizeUrlAt, basic } from './oauth.ts'
import { byAge } from './hub-hooks.ts'
import type { GitHostSettings } from './settings.ts'
import { deliveryId, header, isSame, isSignedByStandard, tagIn } from './signatures.ts'
import { userConsent } from './user-consent.ts'

const PAGE = 100
/** Developer: https://docs.gitlab.com/api/access_requests. Such a member may push. */
const DEVELOPER = 30
const READ_SCOPES = 'read_api read_repository'
/** GitLab has no smaller scope that may create hooks. */
const HOOK_SCOPES = 'api read_repository'

const id = z.number().int().positive().transform(String)
const access = z.object({ access_level: z.number() }).nullish()
const project = z.object({
  id,
  path_with_namespace: z.string(),
  http_url_to_repo: z.url(),
  visibility: z.string().optional(),
  permissions: z.object({ project_access: access, group_access: access }).optional(),
})
const hook = z.object({ id, url: z.string() })

/** OAuth as a confidential application, with PKCE: https://docs.gitlab.com/api/oauth2. GitLab.com or a GitLab by URL. */
export function gitlab(settings: GitHostSettings): GitHost {
  const { url, api = `${url}/api/v4`, client_id, client_secret } = settings

  return {
    kind: 'gitlab',
    host: new URL(url).host,
    origin: new URL(url).origin,
    authorizeUrl: (wanted) =>
      authorizeUrlAt(
        `${url}/oauth/authorize`,
        settings,
        wanted,
        wanted.wantsHooks ? HOOK_SCOPES : READ_SCOPES,
      ),
    ...userConsent({
      settings,
      tokenEndpoint: `${url}/oauth/token`,
      userUrl: `${api}/user`,
      mayHook: ({ scope }) => Promise.resolve(scope?.split(' ').includes('api') ?? false),
      async revoke({ accessToken }) {
        const form = { client_id, client_secret, token: accessToken }
        await callHost(`${url}/oauth/revoke`, { method: 'POST', form })
      },
    }),
    ...gitlabProjects(api),
    ...gitlabHooks(api),
    readPush({ headers, body, secret, at }) {
      const delivery = deliveryId(headers, 'webhook-id', 'x-gitlab-event-uuid', 'idempotency-key')
      if (!delivery || !isSame(header(headers, 'x-gitlab-token'), secret)) return undefined
      const isSigned = headers['webhook-signature'] !== undefined
      if (isSigned && !isSignedByStandard(headers, { body, secret, at })) return undefined
      return {
        id: delivery,
        tag: headers['x-gitlab-event'] === 'Tag Push Hook' ? tagIn(body) : undefined,
      }
    },
  }
}

function gitlabProjects(api: string): Pick<GitHost, 'listRepositories' | 'findRepository' | 'credential'> {
  return {
    async listRepositories(grant, page) {
      const query = `membership=true&min_access_level=${DEVELOPER}&order_by=id&per_page=${PAGE}&page=${page}`
      const got = await callHost(`${api}/projects?${query}`, as(grant))
      const repositories = shaped(z.array(project), got).map((each) => ({
        ...asRepository(each),
        canPush: true,
      }))
      return { repositories, ...(got.headers.get('x-next-page') && { nextPage: page + 1 }) }
    },
    async findRepository(grant, wanted) {
      const name = encodeURIComponent('id' in wanted ? wanted.id : wanted.path)
      // 301: renamed, which we do not follow
      const got = await callHost(`${api}/projects/${name}`, { ...as(grant), expected: [301, 404] })
      return got.status === 200 ? asRepository(shaped(project, got)) : undefined
    },
    credential: ({ accessToken = '' }, { cloneUrl }) =>
      Promise.resolve({ cloneUrl, authorization: basic('oauth2', accessToken) }),
  }
}

function gitlabHooks(api: string): Pick<GitHost, 'createHook' | 'deleteHook'> {
  const hooksOf = ({ id: of }: GitRepository) => `${api}/projects/${of}/hooks`
  /** A 401 means that the token has ended. Every other refusal means that this account may not change hooks. */
  const hooksWith = async (grant: GitGrant, repository: GitRepository, url: string) => {
    const got = await callHost(`${hooksOf(repository)}?per_page=${PAGE}`, { ...as(grant), expected: [404] })
    if (got.status === 404) throw new GitHostFailure('forbidden', 'The account may not change the hooks.')
    return shaped(z.array(hook), got)
      .filter((each) => each.url === url)
      .map(({ id: of }) => of)
      .toSorted(byAge)
  }
  const deleteAll = async (grant: GitGrant, repository: GitRepository, ids: string[]) => {
    for (const each of ids) {
      const call = { ...as(grant), method: 'DELETE', expected: [404] } as const
      await callHost(`${hooksOf(repository)}/${each}`, call)
    }
  }
  return {
    async createHook(grant, repository, { url, secret }) {
      const [known] = await hooksWith(grant, repository, url)
      if (known) return known
      const json = {
        url,
        token: secret,
        // an older GitLab does not know it and leaves it out
        signing_token: secret,
        push_events: false,
        tag_push_events: true,
        enable_ssl_verification: true,
      }
      const made = await callHost(hooksOf(repository), { ...as(grant), method: 'POST', json })
      const [first = shaped(hook, made).id, ...others] = await hooksWith(grant, repository, url)
      await deleteAll(grant, repository, others)
      return first
    },
    async deleteHook(grant, repository, url) {
      await deleteAll(grant, repository, await hooksWith(grant, repository, url))
    },
  }
}

const as = ({ accessToken }: GitGrant) => ({ authorization: `Bearer ${accessToken}` })

function asRepository(from: z.output<typeof project>): GitRepository {
  const { project_access, group_access } = from.permissions ?? {}
  const level = Math.max(project_access?.access_level ?? 0, group_access?.access_level ?? 0)
  return {
    id: from.id,
    path: from.path_with_namespace,
    cloneUrl: from.http_url_to_repo,
    isPrivate: from.visibility !== 'public',
    canPush: level >= DEVELOPER,
  }
}
