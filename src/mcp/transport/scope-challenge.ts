import type { ScopeChallengeHandler } from '@modelcontextprotocol/server'
import { SCOPES } from '#domain/orgs'
import type { Db } from '#platform/database'
import { auditRefusal, type Log } from '../call/audit-refusal.ts'
import { scopesOf, type Tool } from '../call/tool.ts'
import { authorizedIn } from './request.ts'

export type ScopeCheck = ScopeChallengeHandler

/** A scope that is ticked on this page works on the next call, also for clients that cannot ask for another scope. */
const TICK_IT = 'let the user tick it at /account/integrations'

/**
 * Asks for the granted and the missing scopes of a tool together, because some clients do not combine them. `action`: what
 * the audit log names.
 */
export function scopeChallenge(tool: Tool, action: string, { db, log }: { db: Db; log: Log }): ScopeCheck {
  return async ({ authInfo }) => {
    const authorized = authorizedIn(authInfo)
    // in these cases the call itself refuses, and nothing is audited here
    if (authorized.tooMany || !authorized.toolset.serves(tool)) return undefined
    const granted = authorized.caller.scopes
    const missing = scopesOf(tool).filter((scope) => !granted.includes(scope))
    if (!missing.length) return undefined
    const code = 'insufficient_scope'
    await auditRefusal({ name: action }, { db, caller: authorized.caller }, { code, log })
    const [first = 'read', ...rest] = SCOPES.filter(
      (scope) => granted.includes(scope) || missing.includes(scope),
    )
    const names = missing.join(' and ')
    return {
      scopes: [first, ...rest],
      errorDescription: `This tool needs ${names}: ${TICK_IT}.`,
    }
  }
}
