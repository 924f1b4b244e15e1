import { z } from 'zod'
import {
  type ConsentedAccount,
  type ExchangedCode,
  GitHostFailure,
  type GitGrant,
  type GitHost,
  type GitRepository,
} from '#kernel/git-host'
import { callHost, shaped } from './calls.ts'
import { appTokens } from './github-app.ts'
import { hubHooks } from './hub-hooks.ts'
import { askForTokens, authorizeUrlAt, basic } from './oauth.ts'
import type { GitHostSettings } from './settings.ts'
import { deliveryId, isSignedByHub, tagIn } from './signatures.ts'

const PAGE = 100
/** Enough for every person, and an end for a host that always has one more page. */
const MAX_INSTALLATIONS = 100
const MAX_PAGES = 50

const id = z.number().int().positive().transform(String)
const repository = z.object({
  id,
  full_name: z.string(),
  clone_url: z.url(),
  private: z.boolean(),
  permissions: z.object({ push: z.boolean().optional() }).optional(),
})
const repositoryList = z.object({ total_count: z.number(), repositories: z.array(repository) })
const installationList = z.object({
  installations: z.array(
    z.object({
      id,
      account: z.object({ login: z.string() }),
      suspended_at: z.string().nullish(),
      permissions: z.record(z.string(), z.string()).optional(),
    }),
  ),
})
type Installation = z.output<typeof installationList>['installations'][number]

const READ = { metadata: 'read' } as const

/** A GitHub App: https://docs.github.com/apps. Its integrations are installations, and no token is stored. */
export function github(settings: GitHostSettings): GitHost {
  const { url, api = apiOf(url), client_id, client_secret, app_slug = '' } = settings
  const tokenOf = appTokens(settings, api)

  /** Reads repositories, with a token that opens none of them. */
  const reading = async ({ accountId: installation }: GitGrant) =>
    `Bearer ${await tokenOf({ installation, permissions: READ })}`
  const hooking = async ({ accountId: installation }: GitGrant, { id: only }: GitRepository) =>
    `Bearer ${await tokenOf({ installation, repository: only, permissions: { repository_hooks: 'write' } })}`

  return {
    kind: 'github',
    host: new URL(url).host,
    origin: new URL(url).origin,
    authorizeUrl: (wanted) => authorizeUrlAt(`${url}/login/oauth/authorize`, settings, wanted),
    installUrl: (state) => `${url}/apps/${app_slug}/installations/new?state=${encodeURIComponent(state)}`,

    async exchange({ code, verifier, redirectUri }: ExchangedCode) {
      const grant = { code, redirect_uri: redirectUri, code_verifier: verifier }
      const endpoint = `${url}/login/oauth/access_token`
      const { access_token } = await askForTokens(endpoint, settings, grant, 'denied')
      try {
        return await accountsOf(api, access_token)
      } finally {
        await dropUserToken(access_token)
      }
    },
    refresh: () => Promise.reject(new TypeError('an installation has no refresh token')),
    revoke: () => Promise.resolve(),

    async listRepositories(grant, page) {
      const authorization = await reading(grant)
      const at = `${api}/installation/repositories?per_page=${PAGE}&page=${page}`
      const { total_count, repositories } = shaped(repositoryList, await callHost(at, { authorization }))
      const nextPage = page * PAGE < total_count ? { nextPage: page + 1 } : {}
      return { repositories: repositories.map(asRepository), ...nextPage }
    },
    async findRepository(grant, wanted) {
      const at = 'id' in wanted ? `repositories/${encodeURIComponent(wanted.id)}` : `repos/${wanted.path}`
      // 301: renamed, which we do not follow; 451: blocked by law
      const expected = [301, 307, 404, 451]
      const got = await callHost(`${api}/${at}`, { authorization: await reading(grant), expected })
      return got.status === 200 ? asRepository(shaped(repository, got)) : undefined
    },
    async credential({ accountId: installation }, { id: only, cloneUrl }) {
      const permissions = { contents: 'read', metadata: 'read' } as const
      const token = await tokenOf({ installation, repository: only, permissions })
      return { cloneUrl, authorization: basic('x-access-token', token) }
    },
    ...hubHooks({ api, authorization: hooking, extra: { name: 'web' } }),
    readPush({ headers, body, secret }) {
      const delivery = deliveryId(headers, 'x-github-delivery')
      if (!delivery || !isSignedByHub(headers, body, secret)) return undefined
      return { id: delivery, tag: headers['x-github-event'] === 'push' ? tagIn(body) : undefined }
    },
  }

  /** The token of the person has done its work. If the host does not answer now, the token ends by itself. */
  async function dropUserToken(access_token: string): Promise<void> {
    await callHost(`${api}/applications/${client_id}/token`, {
      method: 'DELETE',
      authorization: basic(client_id, client_secret),
      json: { access_token },
    }).catch((error: unknown) => {
      if (!(error instanceof GitHostFailure)) throw error
    })
  }
}

/**
 * The installations that the person may see, each with the repositories to which the person may push. The App may
 * reach more, but the person must not publish through it what they may only read.
 */
async function accountsOf(api: string, token: string): Promise<ConsentedAccount[]> {
  const authorization = `Bearer ${token}`
  const seen: Installation[] = []
  for (let page = 1; seen.length < MAX_INSTALLATIONS; page++) {
    const at = `${api}/user/installations?per_page=${PAGE}&page=${page}`
    const { installations } = shaped(installationList, await callHost(at, { authorization }))
    seen.push(...installations)
    if (installations.length < PAGE) break
  }
  const accounts: ConsentedAccount[] = []
  for (const installation of seen.slice(0, MAX_INSTALLATIONS)) {
    if (installation.suspended_at) continue
    const repositories = await pushableIn(api, installation, authorization)
    if (!repositories.length) continue
    const { id: accountId, account, permissions } = installation
    const mayHook = permissions?.repository_hooks === 'write'
    accounts.push({ accountId, accountName: account.login, mayHook, repositories })
  }
  return accounts
}

async function pushableIn(api: string, { id: of }: Installation, authorization: string): Promise<string[]> {
  const found: string[] = []
  for (let page = 1; page <= MAX_PAGES; page++) {
    const at = `${api}/user/installations/${of}/repositories?per_page=${PAGE}&page=${page}`
    const { total_count, repositories } = shaped(repositoryList, await callHost(at, { authorization }))
    for (const each of repositories) if (each.permissions?.push) found.push(each.id)
    if (page * PAGE >= total_count) break
  }
  return found
}

/** The permissions in an answer to an installation are those of the App, so they are not read here. */
const asRepository = (from: z.output<typeof repository>): GitRepository => ({
  id: from.id,
  path: from.full_name,
  cloneUrl: from.clone_url,
  isPrivate: from.private,
  canPush: true,
})

const apiOf = (url: string): string =>
  url === 'https://github.com' ? 'https://api.github.com' : `${url}/api/v3`
