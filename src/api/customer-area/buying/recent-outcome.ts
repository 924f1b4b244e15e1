import { listOperations } from '#domain/operations'
import type { Refusal } from '#kernel/errors'
import type { CustomerId, OrgId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { PURCHASES } from '../story-words.ts'

const RECENT_MS = 10 * 60_000

/** Who opens a page that reports what happened just before. */
interface Reader {
  customer: CustomerId
  org: OrgId
  at: Date
}

/**
 * Why the operation `id` was refused, when it is the last purchase that this person began in the org, and no older than ten
 * minutes: the address with the id stays in the history of a browser, where it would say "Nothing was bought" after a
 * later purchase.
 */
export async function refusalOf(
  db: Db,
  { id, ...reader }: Reader & { id: string },
): Promise<Refusal | undefined> {
  if (!id) return undefined
  const last = await lastOf(db, reader)
  return last?.id === id && isRecent(last.createdAt, reader) ? last.error : undefined
}

/** Whether this person has begun no purchase in the org after `since`, which is at most ten minutes ago. */
export async function hasNoPurchaseSince(
  db: Db,
  { since, ...reader }: Reader & { since: Date },
): Promise<boolean> {
  if (!isRecent(since, reader)) return false
  const last = await lastOf(db, reader)
  return !last || last.createdAt < since
}

const isRecent = (moment: Date, { at }: Reader): boolean =>
  Math.abs(at.getTime() - moment.getTime()) < RECENT_MS

async function lastOf(db: Db, { org, customer }: Reader) {
  const [last] = await listOperations(db, { org, customer, stories: PURCHASES, limit: 1 })
  return last
}
