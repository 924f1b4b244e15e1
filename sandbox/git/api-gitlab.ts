import type { Api, ApiAnswer, ApiCall } from './api-call.ts'
import {
  addHook,
  cloneUrlOf,
  dropHook,
  FORBIDDEN,
  lookUp,
  NOT_FOUND,
  pageOf,
  UNAUTHORIZED,
  visibleTo,
} from './api-parts.ts'
import { accessOf, type Host, type HostHook, type HostRepositoryState, ownerOf, userNamed } from './state.ts'
import { bearerIn, grantOf } from './tokens.ts'

const MOST = 100
/** https://docs.gitlab.com/api/access_requests */
const LEVELS = { read: 20, write: 40 }

/** The calls of GitLab's API v4: https://docs.gitlab.com/api/rest. */
export const gitlabApi: Api = (host, call) => {
  const grant = grantOf(host, bearerIn(call.authorization))
  if (!grant) return UNAUTHORIZED
  const { user: login, scope } = grant
  if (!/\b(read_api|api)\b/.test(scope)) return { status: 403, body: { error: 'insufficient_scope' } }
  if (call.path === '/user') return { status: 200, body: { id: userNamed(host, login).id, username: login } }
  if (call.path === '/projects') return projects(host, call, login)
  const [, name = '', hooks, hook] = /^\/projects\/([^/]+)(?:\/(hooks)(?:\/(\d+))?)?$/.exec(call.path) ?? []
  const decoded = decodeURIComponent(name)
  const wanted = /^\d+$/.test(decoded) ? { id: Number(decoded) } : { path: decoded }
  const { repository, movedTo } = lookUp(host, wanted)
  // like GitLab, a project is found under its earlier path by a redirect
  if (movedTo)
    return { status: 301, headers: { location: `${host.url()}/api/v4/projects/${movedTo.id}` }, body: {} }
  if (!repository || !accessOf(repository, login)) return NOT_FOUND
  if (!hooks) return { status: 200, body: asProject(host, repository, login) }
  if (!/\bapi\b/.test(scope)) return { status: 403, body: { error: 'insufficient_scope' } }
  if (accessOf(repository, login) !== 'write') return FORBIDDEN
  return projectHooks(host, call, { repository: repository.id, hook: Number(hook) })
}

function projects(host: Host, call: ApiCall, login: string): ApiAnswer {
  const level = Number(call.query.get('min_access_level') ?? 0)
  const isMember = (each: HostRepositoryState) => ownerOf(each) === login || login in each.members
  const own = visibleTo(host, login).filter(
    (each) => isMember(each) && LEVELS[accessOf(each, login) ?? 'read'] >= level,
  )
  const { shown, hasNext, page } = pageOf(own, call, MOST)
  return {
    status: 200,
    headers: { 'x-next-page': hasNext ? String(page + 1) : '' },
    body: shown.map((each) => asProject(host, each, login)),
  }
}

function projectHooks(
  host: Host,
  { method, body }: ApiCall,
  { repository, hook }: { repository: number; hook: number },
): ApiAnswer {
  if (method === 'GET') {
    const own = host.state.hooks.filter((each) => each.repository === repository)
    return { status: 200, body: own.map(asHook) }
  }
  if (method === 'DELETE') return dropHook(host, repository, hook)
  const { url, token, signing_token: signingToken, tag_push_events: isForTags } = body
  if (typeof url !== 'string' || typeof token !== 'string' || isForTags !== true)
    return { status: 400, body: { message: 'url is missing' } }
  const made = addHook(host, {
    repository,
    url,
    secret: token,
    ...(typeof signingToken === 'string' && { signingToken }),
  })
  return { status: 201, body: asHook(made) }
}

const asHook = ({ id, url, repository }: HostHook) => ({
  id,
  url,
  project_id: repository,
  tag_push_events: true,
  push_events: false,
})

function asProject(host: Host, repository: HostRepositoryState, login: string) {
  const isMember = ownerOf(repository) === login || login in repository.members
  const access = accessOf(repository, login) ?? 'read'
  return {
    id: repository.id,
    path_with_namespace: repository.path,
    http_url_to_repo: cloneUrlOf(host, repository),
    visibility: repository.isPrivate ? 'private' : 'public',
    default_branch: 'main',
    permissions: { project_access: isMember ? { access_level: LEVELS[access] } : null, group_access: null },
  }
}
