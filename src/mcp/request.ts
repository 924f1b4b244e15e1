import type { Authenticated } from '#domain/connections'
import type { OrgAccess } from '#domain/orgs'

/** Who a request speaks for and what it says, as the endpoint hands it over in `AuthInfo.extra.authorized`. */
export interface Authorized extends Authenticated {
  body: unknown
  requestId: string
  /** The caller's orgs, when the request lists tools. */
  orgs: readonly OrgAccess[]
}

/** The authorized request in what the SDK passes on. */
export const authorizedIn = (authInfo: { extra?: Record<string, unknown> } | undefined) =>
  authInfo?.extra?.authorized as Authorized

/** The parts of a request's body that we look at before the SDK has checked it. */
export const callIn = (body: unknown) =>
  (body ?? {}) as { method?: unknown; params?: { name?: unknown; arguments?: unknown } }

/** How many messages of a request, or a batch, the endpoint counts: calls of tools and for tasks count themselves. */
export const countedAtTheDoor = (body: unknown): number =>
  (Array.isArray(body) ? body : [body]).filter((message: unknown) => {
    const { method } = callIn(message)
    return !(method === 'tools/call' || (typeof method === 'string' && method.startsWith('tasks/')))
  }).length

/** Whether a request, or a batch, lists tools: then the roles in all orgs matter. */
export const listsTools = (body: unknown): boolean =>
  Array.isArray(body) || callIn(body).method === 'tools/list'
