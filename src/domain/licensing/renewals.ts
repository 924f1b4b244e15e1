import { sql } from 'kysely'
import type { ItemId, LicenceId, LineId, OperationId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { LicenceStatus } from '../../platform/tables.ts'
import { NothingToRenew } from './errors.ts'
import { isInForceOrOver, paidUntil } from './licence.ts'

/** The last days of a licence in which it can be renewed. After its end it can be renewed, too. */
export const RENEWAL_DAYS = 60
const DAY_MS = 24 * 60 * 60 * 1000

/** The end of a yearly licence before and after its renewal. */
export interface Period {
  from: Date
  until: Date
}

/** One more year from the old end. The licences of 29 February get that day again in a leap year. */
export function renewed({ from, since }: { from: Date; since: Date }): Period {
  const until = paidUntil('yearly', from) ?? from
  const isOfLeapDay = since.getUTCMonth() === 1 && since.getUTCDate() === 29
  const isLastOfFebruary = until.getUTCMonth() === 1 && until.getUTCDate() === 28
  const next = new Date(until.getTime() + DAY_MS)
  return { from, until: isOfLeapDay && isLastOfFebruary && next.getUTCMonth() === 1 ? next : until }
}

/** Whether a yearly licence can be renewed at `at`. A project has to hold it, too. */
export function canBeRenewed(
  { status, since, until }: { status: LicenceStatus; since: Date | undefined; until: Date | undefined },
  at: Date,
): boolean {
  if (!since || !until || (status !== 'active' && status !== 'expired')) return false
  return at >= renewableSince(until) && renewed({ from: until, since }).until > at
}

/** From when on a licence that ends at `from` can be renewed. */
export const renewableSince = (from: Date): Date => new Date(from.getTime() - RENEWAL_DAYS * DAY_MS)

export interface Renewal extends Period {
  item: ItemId
  licence: LicenceId
}

/** Reserves a period of a licence for an order item. The database refuses a second one for the same period. */
export async function reserveRenewal(tx: Db, { item, licence, from, until }: Renewal): Promise<void> {
  await tx
    .insertInto('licence_renewals')
    .values({ item_id: item, licence_id: licence, from_at: from, until_at: until })
    .execute()
}

/** A purchase that renews a licence. `isOver`: it was delivered, so that no undo takes the year back. */
export interface Renewing {
  operation: OperationId
  isOver: boolean
}

/**
 * The purchases that renew these licences now, or have done so since `since`, and were not undone. Of several for one
 * licence the last that is under way.
 */
export async function renewalsSince(
  db: Db,
  { licences, since }: { licences: readonly LicenceId[]; since: Date },
): Promise<Map<LicenceId, Renewing>> {
  if (!licences.length) return new Map()
  const rows = await db
    .selectFrom('licence_renewals as r')
    .innerJoin('order_items as i', 'i.id', 'r.item_id')
    .innerJoin('order_lines as l', 'l.id', 'i.line_id')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .select(['r.licence_id', 'o.operation_id', 'r.settled_at', 'o.closed_at'])
    .where('r.licence_id', 'in', licences)
    .where('r.undone_at', 'is', null)
    .where((or) =>
      or.or([
        or('r.settled_at', 'is', null),
        or('r.settled_at', '>', since),
        // paid, and its delivery may still be undone
        or('o.closed_at', 'is', null),
      ]),
    )
    // of several rows of a licence the last one counts
    .orderBy('o.closed_at', (end) => end.asc().nullsLast())
    .orderBy('r.settled_at', (end) => end.asc().nullsLast())
    .execute()
  return new Map(
    rows.map(({ licence_id, operation_id: operation, settled_at, closed_at }) => [
      licence_id,
      { operation, isOver: settled_at !== null && closed_at !== null },
    ]),
  )
}

/**
 * Refuses `nothing_to_renew` when a licence that the line renews is refunded or revoked by now. Called before the line is
 * charged.
 */
export async function assertStillRenewable(db: Db, line: LineId): Promise<void> {
  const over = await db
    .selectFrom('licence_renewals as r')
    .innerJoin('order_items as i', 'i.id', 'r.item_id')
    .innerJoin('licences as l', 'l.id', 'r.licence_id')
    .innerJoin('packages as p', 'p.id', 'l.package_id')
    .select('p.name')
    .where('i.line_id', '=', line)
    .where((where) => where.not(isInForceOrOver()))
    .executeTakeFirst()
  if (over) throw new NothingToRenew(over.name)
}

/** Extends the licences that a paid line renews. A second run changes nothing. */
export async function settleRenewals(tx: Db, line: LineId, at: Date): Promise<void> {
  const settled = await tx
    .updateTable('licence_renewals')
    .set({ settled_at: at })
    .where('item_id', 'in', itemsOf(tx, line))
    .where('settled_at', 'is', null)
    .where('undone_at', 'is', null)
    .returning(['licence_id', 'until_at'])
    .execute()
  for (const { licence_id, until_at } of settled)
    await tx
      .updateTable('licences')
      // not only from the old end: a paid year is never lost, whatever changed the end meanwhile
      .set({ valid_until: sql<Date>`greatest(valid_until, ${until_at})` })
      .set('status', sql`case status when 'expired' then 'active' else status end`)
      .where('id', '=', licence_id)
      .execute()
}

/** A line of these that renews a licence which does not last as long yet. */
export async function unsettledRenewal(tx: Db, lines: readonly LineId[]): Promise<LineId | undefined> {
  if (!lines.length) return undefined
  const found = await tx
    .selectFrom('licence_renewals as r')
    .innerJoin('order_items as i', 'i.id', 'r.item_id')
    .innerJoin('licences as l', 'l.id', 'r.licence_id')
    .select('i.line_id')
    .where('i.line_id', 'in', lines)
    .where((or) => or.or([or('r.settled_at', 'is', null), or('l.valid_until', '<', or.ref('r.until_at'))]))
    .executeTakeFirst()
  return found?.line_id
}

/** The undo: the licences that a line renews, or has renewed, have their old end again. A second run changes nothing. */
export async function undoRenewals(tx: Db, line: LineId, at: Date): Promise<void> {
  const undone = await tx
    .updateTable('licence_renewals')
    .set({ undone_at: at })
    .where('item_id', 'in', itemsOf(tx, line))
    .where('undone_at', 'is', null)
    .returning(['licence_id', 'from_at', 'until_at', 'settled_at'])
    .execute()
  for (const { licence_id, from_at, until_at, settled_at } of undone)
    if (settled_at)
      await tx
        .updateTable('licences')
        .set({ valid_until: from_at })
        .where('id', '=', licence_id)
        .where('valid_until', '=', until_at)
        .execute()
}

const itemsOf = (tx: Db, line: LineId) =>
  tx.selectFrom('order_items').select('id').where('line_id', '=', line)
