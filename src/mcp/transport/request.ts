import type { Authenticated } from '#domain/connections'
import type { OrgAccess } from '#domain/orgs'
import type { TooManyCalls } from '../call/errors.ts'

/** Who a request speaks for and what it says, as the endpoint hands it over in `AuthInfo.extra.authorized`. */
export interface Authorized extends Authenticated {
  body: unknown
  requestId: string
  /** The caller's orgs, when the request lists tools. */
  orgs: readonly OrgAccess[]
  /** When its connection is over the limit: whatever it calls refuses with this, before all else. */
  tooMany: TooManyCalls | undefined
}

/** The authorized request in what the SDK passes on. */
export const authorizedIn = (authInfo: { extra?: Record<string, unknown> } | undefined) =>
  authInfo?.extra?.authorized as Authorized

/** The parts of a request's body that we look at before the SDK has checked it. */
export const callIn = (body: unknown) =>
  (body ?? {}) as { method?: unknown; params?: { name?: unknown; arguments?: unknown } }

const messagesIn = (body: unknown): unknown[] => (Array.isArray(body) ? body : [body])

/** How many calls a request, or a batch, counts as. */
export const messagesOf = (body: unknown): number => Math.max(1, messagesIn(body).length)

/** Whether all of it calls tools or asks for tasks: those are refused in their own form. */
export const refusesByItself = (body: unknown): boolean =>
  messagesIn(body).every((message) => {
    const { method } = callIn(message)
    return method === 'tools/call' || (typeof method === 'string' && method.startsWith('tasks/'))
  })

/** Whether a request, or a batch, lists tools: then the roles in all orgs matter. */
export const listsTools = (body: unknown): boolean =>
  Array.isArray(body) || callIn(body).method === 'tools/list'
