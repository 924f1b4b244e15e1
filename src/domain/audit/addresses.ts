import { AsyncLocalStorage } from 'node:async_hooks'
import { sql } from 'kysely'
import type { Db } from '../../platform/database.ts'
import type { Chain } from './chain.ts'

const DAY_MS = 24 * 3_600_000
/** How long the address of an event is kept. */
const KEPT_MS = 90 * DAY_MS
const AGENT_LENGTH = 200

/** Where a request came from. */
export interface RequestOrigin {
  /** An IPv4 or IPv6 address without a zone. */
  address?: string | undefined
  /** The `User-Agent` header, or a part of it. */
  agent?: string | undefined
}

const current = new AsyncLocalStorage<() => RequestOrigin>()

/** Runs a request: each event that it appends keeps its origin. `read` is called only for an event. */
export const withOrigin = <T>(read: () => RequestOrigin, run: () => T): T => current.run(read, run)

/** The origin of the request that runs, if there is one: the agent as one line of at most 200 characters. */
export function originOfRequest(): RequestOrigin | undefined {
  const origin = current.getStore()?.()
  const line = origin?.agent?.replaceAll(/[\p{C}\s]+/gu, ' ').trim()
  const agent = line && Array.from(line).slice(0, AGENT_LENGTH).join('')
  return origin?.address || agent ? { address: origin?.address, agent: agent || undefined } : undefined
}

/** The origins of these events of a chain, by number. Missing for a step of a story, and after 90 days. */
export async function originsOf(
  db: Db,
  chain: Chain,
  events: readonly { seq: number }[],
): Promise<Map<number, RequestOrigin>> {
  if (!events.length) return new Map()
  const rows = await db
    .selectFrom('audit_addresses')
    .select(['seq', 'agent', sql<string | null>`host(address)`.as('address')])
    .where('chain', '=', chain)
    .where(
      'seq',
      'in',
      events.map(({ seq }) => seq),
    )
    .execute()
  return new Map(
    rows.map(({ seq, address, agent }) => [
      seq,
      { address: address ?? undefined, agent: agent ?? undefined },
    ]),
  )
}

/** Deletes the origins of events that are older than 90 days. The events stay. It may run in several processes. */
export async function sweepOrigins(db: Db, at: Date): Promise<void> {
  await db
    .deleteFrom('audit_addresses')
    .where('recorded_at', '<', new Date(at.getTime() - KEPT_MS))
    .execute()
}
