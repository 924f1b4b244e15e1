import type { Api } from './api-call.ts'
import {
  cloneUrlOf,
  FORBIDDEN,
  hubHooks,
  lookUp,
  NOT_FOUND,
  pageOf,
  UNAUTHORIZED,
  visibleTo,
} from './api-parts.ts'
import { accessOf, type Host, type HostRepositoryState, ownerOf, userNamed } from './state.ts'
import { bearerIn, grantOf } from './tokens.ts'

const MOST = 50

/** The calls of Gitea's and Forgejo's API: https://docs.gitea.com/api. */
export const giteaApi: Api = (host, call) => {
  const grant = grantOf(host, bearerIn(call.authorization))
  if (!grant) return UNAUTHORIZED
  const { user: login, scope } = grant
  if (call.path === '/user')
    return /read:user/.test(scope)
      ? { status: 200, body: { id: userNamed(host, login).id, login } }
      : FORBIDDEN
  if (!/(read|write):repository/.test(scope)) return FORBIDDEN
  if (call.path === '/user/repos') {
    const own = visibleTo(host, login).filter((each) => ownerOf(each) === login || login in each.members)
    const { shown, total } = pageOf(own, call, MOST)
    return {
      status: 200,
      headers: { 'x-total-count': String(total) },
      body: shown.map((each) => asRow(host, each, login)),
    }
  }
  const [, id, path, hooks, hook] =
    /^\/(?:repositories\/(\d+)|repos\/([^/]+\/[^/]+?))(?:\/(hooks)(?:\/(\d+))?)?$/.exec(call.path) ?? []
  const { repository, movedTo } = lookUp(host, id ? { id: Number(id) } : { path: path ?? '' })
  if (movedTo)
    return { status: 301, headers: { location: `${host.url()}/api/v1/repos/${movedTo.path}` }, body: {} }
  if (!repository || !accessOf(repository, login)) return NOT_FOUND
  if (!hooks) return { status: 200, body: asRow(host, repository, login) }
  if (accessOf(repository, login) !== 'write') return FORBIDDEN
  if (call.method !== 'GET' && !scope.includes('write:repository')) return FORBIDDEN
  return hubHooks(host, call, { repository: repository.id, hook: hook ? Number(hook) : undefined })
}

const asRow = (host: Host, repository: HostRepositoryState, login: string) => ({
  id: repository.id,
  full_name: repository.path,
  private: repository.isPrivate,
  clone_url: cloneUrlOf(host, repository),
  permissions: { admin: false, push: accessOf(repository, login) === 'write', pull: true },
})
