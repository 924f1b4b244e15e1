import { CLIENT_CAPABILITIES_META_KEY, type ServerContext } from '@modelcontextprotocol/server'

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
