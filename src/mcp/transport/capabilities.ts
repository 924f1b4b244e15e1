import { CLIENT_CAPABILITIES_META_KEY, type ServerContext } from '@modelcontextprotocol/server'

export const TASKS = 'io.modelcontextprotocol/tasks'

interface Capabilities {
  elicitation?: { url?: object }
  extensions?: Record<string, object | undefined>
}

/** What the request itself declares: with 2026-07-28 nothing is remembered from an earlier one. */
const declaredIn = ({ mcpReq: { envelope } }: ServerContext): Capabilities =>
  (envelope as Record<string, Capabilities | undefined> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] ?? {}

export const opensUrls = (ctx: ServerContext): boolean => Boolean(declaredIn(ctx).elicitation?.url)

export const declaresTasks = (ctx: ServerContext): boolean => Boolean(declaredIn(ctx).extensions?.[TASKS])
