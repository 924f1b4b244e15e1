import type { Api, ApiAnswer, ApiCall } from './api-call.ts'
import { cloneUrlOf, FORBIDDEN, hubHooks, lookUp, NOT_FOUND, pageOf, UNAUTHORIZED } from './api-parts.ts'
import {
  accessOf,
  type Host,
  type HostRepositoryState,
  type Installation,
  type InstallationToken,
} from './state.ts'
import { basicIn, bearerIn, grantOf, installationTokenOf, isAppJwt, newInstallationToken } from './tokens.ts'

const MOST = 100
/** What our App asks for when it is registered. */
const PERMISSIONS = { contents: 'read', metadata: 'read', repository_hooks: 'write' }

/** The calls of a GitHub App: https://docs.github.com/rest. */
export const githubApi: Api = (host, call) => {
  const { method, path, authorization } = call
  const [, app, token, installation] = /^\/(app)\/(installations)\/(\d+)\/access_tokens$/.exec(path) ?? []
  if (app && token && method === 'POST') return accessToken(host, call, Number(installation))
  if (/^\/applications\/[^/]+\/token$/.test(path) && method === 'DELETE') return dropToken(host, call)
  const made = installationTokenOf(host, bearerIn(authorization))
  if (made) return asInstallation(host, call, made)
  const grant = grantOf(host, bearerIn(authorization))
  if (!grant) return UNAUTHORIZED
  return asUser(host, call, grant.user)
}

function accessToken(host: Host, { authorization, body }: ApiCall, id: number): ApiAnswer {
  if (!isAppJwt(host, authorization)) return UNAUTHORIZED
  const installed = host.state.installations.find((each) => each.id === id)
  if (!installed) return NOT_FOUND
  const { repository_ids: wanted, permissions = PERMISSIONS } = body as {
    repository_ids?: number[]
    permissions?: Record<string, string>
  }
  const isTooMuch =
    wanted?.some((each) => !installed.repositories.includes(each)) ||
    Object.entries(permissions).some(
      ([name, level]) => !['write', level].includes((PERMISSIONS as Record<string, string>)[name] ?? ''),
    )
  if (isTooMuch) return { status: 422, body: { message: 'There is at least one repository or permission …' } }
  const made = newInstallationToken(host, {
    installation: id,
    permissions,
    ...(wanted && { repositories: wanted }),
  })
  return {
    status: 201,
    body: { token: made.token, expires_at: new Date(made.expiresAt).toISOString(), permissions },
  }
}

function dropToken(host: Host, { authorization, body }: ApiCall): ApiAnswer {
  const given = basicIn(authorization)
  if (given?.user !== host.app.clientId || given.password !== host.app.clientSecret) return NOT_FOUND
  host.state.grants = host.state.grants.filter(({ accessToken: token }) => token !== body.access_token)
  host.save()
  return { status: 204 }
}

/** What a person may see of installations: those with a repository that they may see. */
function asUser(host: Host, call: ApiCall, login: string): ApiAnswer | undefined {
  const seen = (installed: Installation) =>
    repositoriesOf(host, installed).filter((each) => accessOf(each, login) !== undefined)
  if (call.path === '/user/installations') {
    const own = host.state.installations.filter((each) => each.account === login || seen(each).length > 0)
    const { shown, total } = pageOf(own, call, MOST)
    return { status: 200, body: { total_count: total, installations: shown.map(asInstallationRow) } }
  }
  const id = Number(/^\/user\/installations\/(\d+)\/repositories$/.exec(call.path)?.[1])
  const installed = host.state.installations.find((each) => each.id === id)
  if (!installed) return NOT_FOUND
  const { shown, total } = pageOf(seen(installed), call, MOST)
  return {
    status: 200,
    body: { total_count: total, repositories: shown.map((each) => asRow(host, each, login)) },
  }
}

function asInstallation(host: Host, call: ApiCall, made: InstallationToken): ApiAnswer | undefined {
  const installed = host.state.installations.find(({ id }) => id === made.installation)
  if (!installed) return UNAUTHORIZED
  const open = made.repositories ?? installed.repositories
  if (call.path === '/installation/repositories') {
    const own = repositoriesOf(host, installed).filter(({ id }) => open.includes(id))
    const { shown, total } = pageOf(own, call, MOST)
    return { status: 200, body: { total_count: total, repositories: shown.map((each) => asRow(host, each)) } }
  }
  const [, id, path, hooks, hook] =
    /^\/(?:repositories\/(\d+)|repos\/([^/]+\/[^/]+?))(?:\/(hooks)(?:\/(\d+))?)?$/.exec(call.path) ?? []
  const { repository, movedTo } = lookUp(host, id ? { id: Number(id) } : { path: path ?? '' })
  if (movedTo) {
    const location = `${host.url()}/api/v3/repositories/${movedTo.id}`
    return { status: 301, headers: { location }, body: { message: 'Moved Permanently', url: location } }
  }
  // a public repository of a stranger is visible, too
  if (!repository || (repository.isPrivate && !open.includes(repository.id))) return NOT_FOUND
  if (!hooks) return { status: 200, body: asRow(host, repository) }
  const mayHook = open.includes(repository.id) && made.permissions.repository_hooks === 'write'
  if (!mayHook) return FORBIDDEN
  return hubHooks(host, call, { repository: repository.id, hook: hook ? Number(hook) : undefined })
}

const repositoriesOf = ({ state }: Host, { repositories }: Installation): HostRepositoryState[] =>
  state.repositories.filter(({ id }) => repositories.includes(id))

const asInstallationRow = ({ id, account }: Installation) => ({
  id,
  account: { login: account, id, type: 'User' },
  repository_selection: 'selected',
  suspended_at: null,
  permissions: PERMISSIONS,
})

const asRow = (host: Host, repository: HostRepositoryState, login?: string) => ({
  id: repository.id,
  name: repository.path.split('/')[1],
  full_name: repository.path,
  private: repository.isPrivate,
  clone_url: cloneUrlOf(host, repository),
  default_branch: 'main',
  permissions: {
    admin: false,
    push: login !== undefined && accessOf(repository, login) === 'write',
    pull: true,
  },
})
