import { SCOPES } from '#domain/orgs'
import { cursorsWith } from '../call/cursor.ts'
import { type Context, scopesOf, type Tool } from '../call/tool.ts'
import type { Authorized } from './request.ts'
import type { ServerOptions } from './server-options.ts'

/** Makes the context of a call: what its tool may use. */
export function contextsWith(options: ServerOptions, offered: readonly Tool[]) {
  const { db, operations, secrets, spending, git, publicUrl, currencies, now, closing } = options
  const scopes = new Map(offered.map((tool) => [tool.name, scopesOf(tool)]))
  // when no tool starts this story any more, its scopes are unknown, so all scopes are needed
  const scopesToStart = (story: string) => scopes.get(story) ?? SCOPES
  const cursors = cursorsWith(secrets.deriveKey('cursor'))
  const approvesVendors = options.approvesVendors ?? false
  const shared = {
    db,
    operations,
    secrets,
    spending,
    git,
    approvesVendors,
    publicUrl,
    currencies,
    cursors,
    scopesToStart,
  }
  return (authorized: Authorized, signal: AbortSignal): Context => {
    const { caller, connectedAt, person, activeOrg, requestId } = authorized
    const until = AbortSignal.any([signal, closing])
    const call = { caller, connectedAt, person, activeOrg, requestId }
    return { ...shared, ...call, at: now(), signal: until }
  }
}
