import { setTimeout as sleep } from 'node:timers/promises'
import { sql } from 'kysely'
import type { OperationId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** The time between two looks at all rows, in ms. */
const LOOK_EVERY_MS = 250

interface Waiter {
  id: OperationId
  /** The version that the waiter knows. */
  since: string | undefined
  wake: (version: string | undefined) => void
}

/** Who waits, by database. Each process has one. */
const waiting = new WeakMap<Db, Set<Waiter>>()

export interface ChangeWanted {
  id: OperationId
  /** The version that an earlier call returned. Without one, the first look counts as a change. */
  since: string | undefined
  withinMs: number
  signal?: AbortSignal | undefined
}

/**
 * Waits until the row of an operation has another version than `since`, `withinMs` have passed or `signal` fires.
 * Returns the version. All who wait share one statement per look, so that hundreds of them do not delay other calls.
 * After a failed look everybody reads for themselves, and gets the error.
 */
export async function nextChange(
  db: Db,
  { id, since, withinMs, signal }: ChangeWanted,
): Promise<string | undefined> {
  const waiters = waiting.get(db) ?? new Set<Waiter>()
  waiting.set(db, waiters)
  return new Promise((resolve) => {
    const waiter: Waiter = { id, since, wake }
    const giveUp = () => wake(since)
    const timer = setTimeout(giveUp, withinMs)
    signal?.addEventListener('abort', giveUp, { once: true })
    waiters.add(waiter)
    if (waiters.size === 1) void lookUntilNobodyWaits(db, waiters)

    function wake(version: string | undefined) {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
      waiters.delete(waiter)
      resolve(version)
    }
  })
}

const looking = new WeakSet<Set<Waiter>>()

async function lookUntilNobodyWaits(db: Db, waiters: Set<Waiter>): Promise<void> {
  if (looking.has(waiters)) return
  looking.add(waiters)
  for (;;) {
    await sleep(LOOK_EVERY_MS)
    if (!waiters.size) break
    await look(db, waiters)
  }
  looking.delete(waiters)
}

async function look(db: Db, waiters: ReadonlySet<Waiter>): Promise<void> {
  // who comes during the look is not woken by it, because their own read may be newer
  const present = [...waiters]
  try {
    const versions = await versionsOf(db, new Set(present.map(({ id }) => id)))
    for (const { id, since, wake } of present) {
      const version = versions.get(id)
      if (version !== since) wake(version)
    }
  } catch {
    for (const { since, wake } of present) wake(since)
  }
}

/** `xmin` differs after each update of a row. */
async function versionsOf(db: Db, ids: ReadonlySet<OperationId>): Promise<Map<OperationId, string>> {
  const rows = await db
    .selectFrom('operations')
    .select(['id', sql<string>`xmin::text`.as('version')])
    .where(sql<boolean>`id = any(${[...ids]}::text[])`)
    .execute()
  return new Map(rows.map(({ id, version }) => [id, version]))
}
