import { CLIENT_CAPABILITIES_META_KEY, type ServerContext } from '@modelcontextprotocol/server'
import { VIEW_TYPE } from '../views/view.ts'
import { callIn } from './request.ts'

/** MCP Apps: pages that a host shows beside an answer. */
export const UI = 'io.modelcontextprotocol/ui'
export const TASKS = 'io.modelcontextprotocol/tasks'

interface Capabilities {
  elicitation?: { url?: object }
  extensions?: Record<string, object | undefined>
}

/** Returns what the request itself declares. Under 2026-07-28, earlier requests do not count. */
const declaredIn = ({ mcpReq: { envelope } }: ServerContext): Capabilities =>
  (envelope as Record<string, Capabilities | undefined> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] ?? {}

export const opensUrls = (ctx: ServerContext): boolean => Boolean(declaredIn(ctx).elicitation?.url)

export const declaresTasks = (ctx: ServerContext): boolean => Boolean(declaredIn(ctx).extensions?.[TASKS])

/** True when a request of 2026-07-28 declares that its client shows views. Read before the SDK has checked the body. */
export function declaresViews(body: unknown): boolean {
  const declared = callIn(body).params?._meta?.[CLIENT_CAPABILITIES_META_KEY] as Capabilities | undefined
  const { mimeTypes } = (declared?.extensions?.[UI] ?? {}) as { mimeTypes?: unknown }
  return Array.isArray(mimeTypes) && mimeTypes.includes(VIEW_TYPE)
}
