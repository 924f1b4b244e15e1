import { sql } from 'kysely'
import type { ChargeId, LineId, OperationId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import type { ChargeState, LicenceStatus, OperationStatus, SpendingHoldState } from '../../platform/tables.ts'

/** An order line with everything that its payment has to agree with. */
export interface BookedLine {
  id: LineId
  operation: OperationId
  status: OperationStatus
  isOver: boolean
  totalMinor: number
  currency: string
  isPaid: boolean
  charge: ChargeId | null
  state: ChargeState | null
  intent: string | null
  /** Of its items. `reserved`: a renewal that is not settled. */
  licences: LicenceStatus[]
  /** Whether its connection has to have a hold. */
  wantsHold: boolean
  hold: SpendingHoldState | null
}

export async function bookedLines(db: Db): Promise<BookedLine[]> {
  const { rows } = await sql<BookedLine>`
    select l.id, p.id as operation, p.status, p.finished_at is not null as "isOver",
           l.total_amount as "totalMinor", l.currency, l.paid_at is not null as "isPaid",
           c.id as charge, c.state, c.payment_intent_id as intent,
           array(select case when n.id = r.licence_id and (r.undone_at is not null or r.settled_at is null)
                             then 'reserved' else n.status::text end
                   from order_items i left join licence_renewals r on r.item_id = i.id
                   join licences n on n.order_item_id = i.id or n.id = r.licence_id
                  where i.line_id = l.id and (r.undone_at is null or l.paid_at is not null)) as licences,
           p.connection_id is not null and l.total_amount > 0 as "wantsHold", h.state as hold
      from order_lines l join orders o on o.id = l.order_id join operations p on p.id = o.operation_id
      left join charges c on c.order_line_id = l.id
      left join spending_holds h on h.line_id = l.id and h.amount = l.total_amount
     order by l.id`.execute(db)
  return rows
}

/** What the ledger has booked as received (positive) and returned (negative), by the key of the posting. */
export async function bookedMoney(db: Db): Promise<Map<string, number>> {
  const { rows } = await sql<{ key: string; amount: number }>`
    select p.key, sum(e.amount)::bigint as amount
      from ledger_postings p join ledger_entries e on e.posting_id = p.id
     where e.account = 'stripe_clearing'
     group by p.key`.execute(db)
  return new Map(rows.map(({ key, amount }) => [key, amount]))
}
