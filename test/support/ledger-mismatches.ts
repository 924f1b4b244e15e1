import { sql } from 'kysely'
import type { Db } from '#platform/database'
import type { Shop } from './a-shop.ts'

/**
 * Compares what must agree when no operation runs: orders, charges, licences, slots, ledger, and the money at the bank.
 * Returns a sentence for each mismatch, and an empty list when everything agrees.
 */
export async function findLedgerMismatches({ db, bank }: Pick<Shop, 'db' | 'bank'>): Promise<string[]> {
  const { intents, totals } = await bank.money()
  const { rows: lines } = await sql<BookedLine>`
    select l.id, l.total_amount as total, l.paid_at is not null as paid, c.id as charge, c.state,
           coalesce(array_agg(li.status::text) filter (where li.id is not null), '{}') as licences
      from order_lines l left join charges c on c.order_line_id = l.id
      join order_items i on i.line_id = l.id left join licences li on li.order_item_id = i.id
     group by l.id, c.id`.execute(db)
  const mismatches = await leftOpen(db)
  for (const { id, total, paid, charge, state, licences } of lines) {
    const own = intents.filter((intent) => intent.charge_id === charge)
    const net = own.reduce((sum, intent) => sum + intent.net, 0)
    const succeeded = own.reduce((sum, intent) => sum + intent.succeeded_charges, 0)
    if (net !== (paid ? Number(total) : 0))
      mismatches.push(`line ${id}, paid: ${paid}, cost the buyer ${net}`)
    if (succeeded > 1) mismatches.push(`line ${id} was charged ${succeeded} times`)
    if (charge && (state === 'succeeded') !== paid)
      mismatches.push(`line ${id}, paid: ${paid}, has a ${state} charge`)
    const entitled = licences.filter((status) => status === 'active').length
    if (paid !== entitled > 0) mismatches.push(`line ${id}, paid: ${paid}, has ${entitled} active licences`)
  }
  mismatches.push(...(await wrongHolds(db)))
  const { rows } = await sql<{ sum: string | null }>`
    select sum(amount) from ledger_entries where account = 'stripe_clearing'`.execute(db)
  const booked = Number(rows[0]?.sum ?? 0)
  if (booked !== totals.net) mismatches.push(`the ledger has ${booked}, the bank ${totals.net}`)
  if (totals.open_intents) mismatches.push(`${totals.open_intents} payments are open at the bank`)
  mismatches.push(...(await bank.violations()))
  return mismatches
}

interface BookedLine {
  id: string
  total: string
  paid: boolean
  charge: string | null
  state: string | null
  licences: string[]
}

/** Lines whose hold does not have the amount that its connection really paid, or that have no hold. */
async function wrongHolds(db: Db): Promise<string[]> {
  const { rows } = await sql<{ id: string; state: string | null; paid: boolean }>`
    select l.id, h.state, l.paid_at is not null as paid
      from order_lines l join orders o on o.id = l.order_id join operations p on p.id = o.operation_id
      left join spending_holds h on h.line_id = l.id and h.amount = l.total_amount
     where p.connection_id is not null and l.total_amount > 0
       and h.state is distinct from (case when l.paid_at is null then 'released' else 'settled' end)::spending_hold_state`.execute(
    db,
  )
  return rows.map(({ id, state, paid }) => `line ${id}, paid: ${paid}, has a ${state ?? 'missing'} hold`)
}

/** Rows in a state that only a running operation may have. */
async function leftOpen(db: Db): Promise<string[]> {
  const { rows } = await sql<{ what: string }>`
    select 'order ' || o.id || ' is open' as what from orders o where closed_at is null and cancelled_at is null
    union all select 'charge ' || id || ' is pending' from charges where state = 'pending'
    union all select 'licence ' || id || ' is reserved' from licences where status = 'reserved'
    union all select 'slot ' || id || ' is reserved' from activations where activated_at is null
    union all select 'spending of line ' || line_id || ' is held' from spending_holds where state = 'held'
    union all select 'cart item ' || c.package_id || ' is held' from cart_items c where order_id is not null
    union all select 'operation ' || id || ' is ' || status from operations where finished_at is null`.execute(
    db,
  )
  return rows.map(({ what }) => what)
}

/** The number of rows of every table, by table name. */
export async function rowCounts(db: Db): Promise<Record<string, number>> {
  const { rows: tables } = await sql<{ name: string }>`
    select table_name as name from information_schema.tables
     where table_schema = 'public' and table_type = 'BASE TABLE' order by 1`.execute(db)
  const counts: Record<string, number> = {}
  for (const { name } of tables) {
    const { rows } = await sql<{ n: string }>`select count(*) as n from ${sql.table(name)}`.execute(db)
    counts[name] = Number(rows[0]?.n)
  }
  return counts
}
