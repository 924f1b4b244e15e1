import type { Authenticated } from '#domain/connections'
import type { OrgAccess } from '#domain/orgs'

/** Who a request speaks for and what it says, as the endpoint hands it over in `AuthInfo.extra.authorized`. */
export interface Authorized extends Authenticated {
  body: unknown
  requestId: string
  /** The caller's orgs, when the request lists tools. */
  orgs: readonly OrgAccess[]
  /** How long its connection has to wait, in ms; 0 within its limit. */
  waitMs: number
}

/** The authorized request in what the SDK passes on. */
export const authorizedIn = (authInfo: { extra?: Record<string, unknown> } | undefined) =>
  authInfo?.extra?.authorized as Authorized

/** The parts of a request's body that we look at before the SDK has checked it. */
export const callIn = (body: unknown) =>
  (body ?? {}) as { method?: unknown; params?: { name?: unknown; arguments?: unknown } }

/** How many messages a request is: more than one for a batch. */
export const messagesIn = (body: unknown): number => (Array.isArray(body) ? Math.max(1, body.length) : 1)

/** Whether it is refused in words of its own, for a model to read, when it is one too many. */
export const isCallOrTask = (body: unknown): boolean => {
  const { method } = callIn(body)
  return method === 'tools/call' || (typeof method === 'string' && method.startsWith('tasks/'))
}

/** Whether a request, or a batch, lists tools: then the roles in all orgs matter. */
export const listsTools = (body: unknown): boolean =>
  Array.isArray(body) || callIn(body).method === 'tools/list'
