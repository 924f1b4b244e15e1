import { sql } from 'kysely'
import type { ConnectionId, LineId, OrderId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import type { Db } from '../../platform/database.ts'
import type { Used } from './rules.ts'

export interface LineToHold {
  id: LineId
  amount: Money
}

/** Holds the amount of each line that costs money. */
export async function insertHolds(
  tx: Db,
  held: { connection: ConnectionId; order: OrderId; lines: readonly LineToHold[]; at: Date },
): Promise<void> {
  const { connection, order, at } = held
  const holds = held.lines
    .filter(({ amount }) => amount.amountMinor > 0)
    .map(({ id, amount }) => ({
      line_id: id,
      order_id: order,
      connection_id: connection,
      amount: amount.amountMinor,
      currency: amount.currency,
      held_at: at,
    }))
  if (holds.length) await tx.insertInto('spending_holds').values(holds).execute()
}

/**
 * Ends the hold of a line that was paid. From now on it counts for the day and month of `at`. Does nothing for a line
 * without a hold, and for one whose hold has ended.
 */
export async function settleHold(tx: Db, line: LineId, at: Date): Promise<void> {
  await tx
    .updateTable('spending_holds')
    .set({ state: 'settled', ended_at: at })
    .where('line_id', '=', line)
    .where('state', '=', 'held')
    .execute()
}

/** Ends the hold of a line that is not bought, or whose payment was refunded. It no longer counts. */
export async function releaseHold(tx: Db, line: LineId, at: Date): Promise<void> {
  await tx
    .updateTable('spending_holds')
    .set({ state: 'released', ended_at: at })
    .where('line_id', '=', line)
    .where('state', '<>', 'released')
    .execute()
}

interface SumsWanted {
  connection: ConnectionId
  currency: string
  /** A purchase whose own holds are summed separately. Holds of later purchases do not count while they are open. */
  order?: OrderId | undefined
  at: Date
}

export interface Sums {
  others: Used
  own: Used & { cost: number }
}

/**
 * What a connection spends in a currency on the day and in the month of `at`. An open hold counts, whenever it began,
 * because it may be paid now; a settled one counts when it was paid. So the payments of a day never exceed its limit,
 * even when a purchase waits over midnight.
 */
export async function sumsOf(db: Db, { connection, currency, order, at }: SumsWanted): Promise<Sums> {
  const { day, month } = beginningsOf(at)
  const { rows } = await sql<Record<'today' | 'month' | 'own_today' | 'own_month' | 'own_cost', number>>`
    select coalesce(sum(amount) filter (where not own and this_day), 0)::bigint as today,
           coalesce(sum(amount) filter (where not own and this_month), 0)::bigint as month,
           coalesce(sum(amount) filter (where own and this_day), 0)::bigint as own_today,
           coalesce(sum(amount) filter (where own and this_month), 0)::bigint as own_month,
           coalesce(sum(amount) filter (where own), 0)::bigint as own_cost
      from (select amount, order_id is not distinct from ${order ?? null}::text as own,
                   state = 'held' or ended_at >= ${day} as this_day,
                   state = 'held' or ended_at >= ${month} as this_month
              from spending_holds
             where connection_id = ${connection} and currency = ${currency}
               and (state = 'held' or (state = 'settled' and (ended_at >= ${month} or order_id = ${order ?? null})))
               and (state <> 'held' or ${order ?? null}::text is null or order_id <= ${order ?? null})) as counted`.execute(
    db,
  )
  const [sums] = rows
  if (!sums) throw new Error('a sum without a group has one row')
  return {
    others: { today: sums.today, thisMonth: sums.month },
    own: { today: sums.own_today, thisMonth: sums.own_month, cost: sums.own_cost },
  }
}

function beginningsOf(at: Date): { day: Date; month: Date } {
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()]
  return { day: new Date(Date.UTC(year, month, at.getUTCDate())), month: new Date(Date.UTC(year, month, 1)) }
}

const HOUR_MS = 60 * 60_000

/** The number of purchases with a price that a connection began in the hour before `at`, also of those that failed. */
export async function purchasesInLastHour(db: Db, connection: ConnectionId, at: Date): Promise<number> {
  const { n } = await db
    .selectFrom('spending_holds')
    .select(sql<number>`count(distinct order_id)`.as('n'))
    .where('connection_id', '=', connection)
    .where('held_at', '>', new Date(at.getTime() - HOUR_MS))
    .executeTakeFirstOrThrow()
  return n
}
