import type { Authenticated } from '#domain/connections'
import type { Access } from '#domain/orgs'
import type { TooManyCalls } from '../call/errors.ts'
import type { Toolset } from '../call/toolset.ts'

/** An authenticated request, as the endpoint passes it on in `AuthInfo.extra.authorized`. */
export interface Authorized extends Authenticated {
  body: unknown
  requestId: string
  /** The tools of the path that was requested. */
  toolset: Toolset
  /** The orgs of which the caller is a member or a guest, when the request lists tools or prompts. */
  orgs: readonly Access[]
  /** Present when the connection is over its limit. Every call then refuses with this, before anything else. */
  tooMany: TooManyCalls | undefined
}

/** Returns the authorized request from what the SDK passes on. */
export const authorizedIn = (authInfo: { extra?: Record<string, unknown> } | undefined) =>
  authInfo?.extra?.authorized as Authorized

/** Returns the parts of a request's body that we read before the SDK has checked it. */
export const callIn = (body: unknown) =>
  (body ?? {}) as {
    method?: unknown
    params?: { name?: unknown; arguments?: unknown; _meta?: Record<string, unknown> }
  }

const messagesIn = (body: unknown): unknown[] => (Array.isArray(body) ? body : [body])

/** Returns how many calls a request or a batch counts as. */
export const messagesOf = (body: unknown): number => Math.max(1, messagesIn(body).length)

/** True when all messages call tools or tasks. Such calls report a refusal in their own format. */
export const refusesByItself = (body: unknown): boolean =>
  messagesIn(body).every((message) => {
    const { method } = callIn(message)
    return method === 'tools/call' || (typeof method === 'string' && method.startsWith('tasks/'))
  })

/** True when a request lists tools, or is a batch. */
export const listsTools = (body: unknown): boolean =>
  Array.isArray(body) || callIn(body).method === 'tools/list'

/** True when the roles in all orgs decide what a request lists. */
export const needsRoles = (body: unknown): boolean =>
  listsTools(body) || callIn(body).method === 'prompts/list'

/** The parts of a server besides its tools. Each one costs time, so a request gets only what it needs. */
export interface Parts {
  /** Who we are, in full, and everything that we offer. */
  identity: boolean
  prompts: boolean
  views: boolean
  /** The pages themselves, for every client that asks for one by its URI. */
  viewContents: boolean
}

export function partsOf(body: unknown): Parts {
  const isBatch = Array.isArray(body)
  const { method } = callIn(body)
  const is = (begin: string) => isBatch || (typeof method === 'string' && method.startsWith(begin))
  const identity = is('initialize') || is('server/discover')
  return {
    identity,
    prompts: identity || is('prompts/') || is('completion/'),
    views: identity || is('resources/'),
    viewContents: is('resources/read'),
  }
}
