import { z } from 'zod'
import type { GitGrant, GitHost, GitRepository } from '#kernel/git-host'
import { callHost, shaped } from './calls.ts'
import { hubHooks } from './hub-hooks.ts'
import { authorizeUrlAt, basic } from './oauth.ts'
import type { GitHostSettings } from './settings.ts'
import { deliveryId, header, isSignedByHub, tagIn } from './signatures.ts'
import { userConsent } from './user-consent.ts'

/** Gitea's own limit of a page is 50. */
const PAGE = 50
const READ_SCOPES = 'read:user read:repository'
const HOOK_SCOPES = 'read:user write:repository'

const id = z.number().int().positive().transform(String)
const repository = z.object({
  id,
  full_name: z.string(),
  clone_url: z.url(),
  private: z.boolean(),
  permissions: z.object({ push: z.boolean() }).optional(),
})

/** OAuth2 of Gitea and Forgejo as a confidential application, with PKCE: https://docs.gitea.com/development/oauth2-provider */
export function gitea(settings: GitHostSettings): GitHost {
  const { url, api = `${url}/api/v1` } = settings

  return {
    kind: 'gitea',
    host: new URL(url).host,
    origin: new URL(url).origin,
    authorizeUrl: (wanted) =>
      authorizeUrlAt(
        `${url}/login/oauth/authorize`,
        settings,
        wanted,
        wanted.wantsHooks ? HOOK_SCOPES : READ_SCOPES,
      ),
    ...userConsent({
      settings,
      tokenEndpoint: `${url}/login/oauth/access_token`,
      userUrl: `${api}/user`,
      mayHook: ({ access_token }) => mayWrite(settings, access_token),
      // Gitea has no call for it: the person removes the application in their settings
      revoke: () => Promise.resolve(),
    }),

    async listRepositories(grant, page) {
      const got = await callHost(`${api}/user/repos?limit=${PAGE}&page=${page}`, as(grant))
      const repositories = shaped(z.array(repository), got).map(asRepository)
      const total = Number(got.headers.get('x-total-count') ?? 0)
      return { repositories, ...(page * PAGE < total && { nextPage: page + 1 }) }
    },
    async findRepository(grant, wanted) {
      const at = 'id' in wanted ? `repositories/${encodeURIComponent(wanted.id)}` : `repos/${wanted.path}`
      // 301, 307: renamed, which we do not follow
      const got = await callHost(`${api}/${at}`, { ...as(grant), expected: [301, 307, 404] })
      return got.status === 200 ? asRepository(shaped(repository, got)) : undefined
    },
    credential: ({ accessToken = '' }, { cloneUrl }) =>
      Promise.resolve({ cloneUrl, authorization: basic('oauth2', accessToken) }),
    ...hubHooks({
      api,
      authorization: ({ accessToken }) => Promise.resolve(`Bearer ${accessToken}`),
      extra: { type: 'gitea' },
    }),
    readPush({ headers, body, secret }) {
      const delivery = deliveryId(headers, 'x-gitea-delivery', 'x-forgejo-delivery')
      if (!delivery || !isSignedByHub(headers, body, secret)) return undefined
      const event = header(headers, 'x-gitea-event') ?? header(headers, 'x-forgejo-event')
      return { id: delivery, tag: event === 'push' ? tagIn(body) : undefined }
    },
  }
}

/**
 * The answer with the tokens has no scopes, and a second consent keeps those of the first one until the person removes
 * our application at the host. So the host is asked (RFC 7662).
 */
async function mayWrite({ url, client_id, client_secret }: GitHostSettings, token: string): Promise<boolean> {
  const got = await callHost(`${url}/login/oauth/introspect`, {
    method: 'POST',
    authorization: basic(client_id, client_secret),
    form: { token },
  })
  const { scope } = shaped(z.object({ scope: z.string().optional() }), got)
  return scope?.split(' ').includes('write:repository') ?? false
}

const as = ({ accessToken }: GitGrant) => ({ authorization: `Bearer ${accessToken}` })

const asRepository = (from: z.output<typeof repository>): GitRepository => ({
  id: from.id,
  path: from.full_name,
  cloneUrl: from.clone_url,
  isPrivate: from.private,
  canPush: from.permissions?.push ?? false,
})
