import { accessOf, type Host, type HostHook, type HostRepositoryState } from './state.ts'
import type { ApiAnswer, ApiCall } from './api-call.ts'

export const UNAUTHORIZED: ApiAnswer = { status: 401, body: { message: '401 Unauthorized' } }
export const FORBIDDEN: ApiAnswer = { status: 403, body: { message: '403 Forbidden' } }
export const NOT_FOUND: ApiAnswer = { status: 404, body: { message: '404 Not Found' } }

/** The rows of a page, and how many there are in all. */
export function pageOf<Row>(rows: readonly Row[], { query }: ApiCall, most: number) {
  const size = Math.min(Number(query.get('per_page') ?? query.get('limit') ?? 30), most)
  const page = Number(query.get('page') ?? 1)
  const shown = rows.slice((page - 1) * size, page * size)
  return { shown, total: rows.length, hasNext: page * size < rows.length, page }
}

/** A repository by its path now, by an earlier one, or by its id. */
export function lookUp(
  { state }: Host,
  wanted: { path: string } | { id: number },
): { repository?: HostRepositoryState; movedTo?: HostRepositoryState } {
  if ('id' in wanted) {
    const repository = state.repositories.find(({ id }) => id === wanted.id)
    return repository ? { repository } : {}
  }
  const repository = state.repositories.find(({ path }) => path === wanted.path)
  if (repository) return { repository }
  const movedTo = state.repositories.find(({ oldPaths }) => oldPaths.includes(wanted.path))
  return movedTo ? { movedTo } : {}
}

export const visibleTo = ({ state }: Host, login: string): HostRepositoryState[] =>
  state.repositories.filter((each) => accessOf(each, login) !== undefined)

export const cloneUrlOf = (host: Host, { path }: HostRepositoryState): string => `${host.url()}/${path}.git`

/** Gives the hook an id and stores it. */
export function addHook(host: Host, hook: Omit<HostHook, 'id'>): HostHook {
  const made = { ...hook, id: host.nextId() }
  host.state.hooks.push(made)
  host.save()
  return made
}

export function dropHook(host: Host, repository: number, id: number): ApiAnswer {
  const before = host.state.hooks.length
  host.state.hooks = host.state.hooks.filter((each) => each.id !== id || each.repository !== repository)
  host.save()
  return host.state.hooks.length < before ? { status: 204 } : NOT_FOUND
}

interface HubHookBody {
  config?: { url?: string; secret?: string; content_type?: string }
  events?: string[]
}

/** The hooks of GitHub and Gitea: list, create, delete. */
export function hubHooks(
  host: Host,
  { method, body }: ApiCall,
  { repository, hook }: { repository: number; hook: number | undefined },
): ApiAnswer {
  if (method === 'GET') {
    const own = host.state.hooks.filter((each) => each.repository === repository)
    return { status: 200, body: own.map(asHubHook) }
  }
  if (method === 'DELETE' && hook !== undefined) return dropHook(host, repository, hook)
  const { config, events } = body as HubHookBody
  const isRight = config?.url && config.secret && config.content_type === 'json' && events?.includes('push')
  if (method !== 'POST' || !isRight) return { status: 422, body: { message: 'Validation Failed' } }
  const isKnown = host.state.hooks.some((each) => each.repository === repository && each.url === config.url)
  if (isKnown && host.kind === 'github') return HOOK_EXISTS
  const made = addHook(host, { repository, url: config.url ?? '', secret: config.secret ?? '' })
  return { status: 201, body: asHubHook(made) }
}

/** Only GitHub refuses a second hook with the same URL: https://docs.github.com/rest/repos/webhooks */
const HOOK_EXISTS: ApiAnswer = {
  status: 422,
  body: {
    message: 'Validation Failed',
    errors: [{ resource: 'Hook', code: 'custom', message: 'Hook already exists on this repository' }],
  },
}

const asHubHook = ({ id, url }: HostHook) => ({
  id,
  active: true,
  events: ['push'],
  config: { url, content_type: 'json', secret: '********' },
})
