import { sql } from 'kysely'
import type { ChargeId, LineId, OperationId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'

/** A charge whose line is void: nothing of its payment may be left at the provider. */
export interface UndoneCharge {
  charge: ChargeId
  line: LineId
  operation: OperationId
  undoneSince: Date
  /** When somebody else may look. It is also what `planNextLook` expects to find. */
  leasedUntil: Date
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const MOST_AT_ONCE = 20
/** A payment may appear after its undo, when its request was slow. A refund may fail weeks after it succeeded. */
const LATE_LOOKS = [HOUR, DAY, 7 * DAY, 30 * DAY]

/** Marks a charge as undone. The first look is in a minute, unless the step that undoes it is faster. */
export async function markUndone(tx: Db, charge: ChargeId, at: Date): Promise<void> {
  await tx
    .updateTable('charges')
    .set({ undone_since: at, look_at: new Date(at.getTime() + MINUTE) })
    .where('id', '=', charge)
    .where('undone_since', 'is', null)
    .execute()
}

/**
 * The charges to look at now. Two processes never get the same charge: its next look is postponed. Uses the index
 * `charges_by_look`.
 */
export async function leaseUndoneCharges(db: Db, at: Date): Promise<UndoneCharge[]> {
  const leasedUntil = new Date(at.getTime() + 5 * MINUTE)
  const rows = await db
    .updateTable('charges as c')
    .set({ look_at: leasedUntil })
    .from('order_lines as l')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .whereRef('l.id', '=', 'c.order_line_id')
    .where('c.id', 'in', (due) =>
      due
        .selectFrom('charges as d')
        .select('d.id')
        .where('d.look_at', '<=', at)
        .orderBy('d.look_at')
        .limit(MOST_AT_ONCE)
        .forUpdate()
        .skipLocked(),
    )
    .returning(['c.id', 'c.order_line_id', 'c.undone_since', 'o.operation_id'])
    .execute()
  return rows.map((row) => ({
    charge: row.id,
    line: row.order_line_id,
    operation: row.operation_id,
    undoneSince: row.undone_since ?? at,
    leasedUntil,
  }))
}

/** When the next look at a charge is planned. Null when none is. Read it before a look, for `planNextLook`. */
export async function plannedLook(db: Db, charge: ChargeId): Promise<Date | null> {
  const row = db.selectFrom('charges').select('look_at').where('id', '=', charge)
  return (await row.executeTakeFirstOrThrow()).look_at
}

/**
 * Plans the look after one that has just been made. `isOwed`: something of the payment is left at the provider, or its
 * refund is not decided yet. `planned`: what was planned before that look. Does nothing when it is something else now: an
 * event of the provider that came meanwhile has made the next look due. No clock decides that, because clocks differ.
 */
export async function planNextLook(
  db: Db,
  { charge, planned, isOwed, at }: { charge: ChargeId; planned: Date | null; isOwed: boolean; at: Date },
): Promise<void> {
  const row = await db
    .selectFrom('charges')
    .select('undone_since')
    .where('id', '=', charge)
    .executeTakeFirstOrThrow()
  if (!row.undone_since) return
  await db
    .updateTable('charges')
    .set({ look_at: nextLook(row.undone_since, { isOwed, at }) ?? null })
    .where('id', '=', charge)
    .where('look_at', 'is not distinct from', planned)
    .execute()
}

/** What is owed is looked at after minutes, then hourly. Otherwise a few late looks follow. Undefined after the last. */
function nextLook(undoneSince: Date, { isOwed, at }: { isOwed: boolean; at: Date }): Date | undefined {
  const age = at.getTime() - undoneSince.getTime()
  if (isOwed) return new Date(at.getTime() + (age < 10 * MINUTE ? MINUTE : age < HOUR ? 10 * MINUTE : HOUR))
  const late = LATE_LOOKS.find((each) => each > age)
  return late === undefined ? undefined : new Date(undoneSince.getTime() + late)
}

/**
 * The provider reported that a refund of this undone charge has changed, or another payment of it was found. The look is
 * due by the clock of Postgres, because that of an api may be ahead. The time always changes, which `planNextLook` sees.
 */
export async function lookAtUndoneSoon(tx: Db, charge: ChargeId): Promise<void> {
  await tx
    .updateTable('charges')
    // whole ms, as a Date of JavaScript has them; `least` ignores null
    .set({ look_at: sql<Date>`least(look_at - interval '1 millisecond', date_trunc('milliseconds', now()))` })
    .where('id', '=', charge)
    .where('undone_since', 'is not', null)
    .execute()
}

/** The payments of an operation that are undone, but not completely. */
export async function countOwed(db: Db, operation: OperationId): Promise<number> {
  const { owed } = await db
    .selectFrom('charges as c')
    .innerJoin('order_lines as l', 'l.id', 'c.order_line_id')
    .innerJoin('orders as o', 'o.id', 'l.order_id')
    .select((count) => count.fn.countAll<string>().as('owed'))
    .where('o.operation_id', '=', operation)
    .where('c.undone_since', 'is not', null)
    .where('c.state', 'in', ['pending', 'succeeded'])
    .executeTakeFirstOrThrow()
  return Number(owed)
}
