import { sql } from 'kysely'
import { type InvoiceId, isId, type OrderId, type OrgId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import { detailOfEvent } from '#domain/audit'
import { raiseForOperator } from '#domain/incidents'
import type { Db } from '../../platform/database.ts'
import { changedPart } from './as-issued.ts'
import { InvoiceDiffers, InvoiceNotFound } from './errors.ts'
import type { InvoiceDocument } from './invoice.ts'

export interface ListedInvoice {
  id: InvoiceId
  /** Such as `2026-000123`. */
  number: string
  order: OrderId
  total: Money
  issuedAt: Date
  /** The order was taken back after its delivery, and what was paid for it is paid back. */
  isTakenBack: boolean
}

export interface InvoiceFilter {
  org: OrgId
  /** Issued then or later. */
  since?: Date | undefined
  /** Issued before. */
  until?: Date | undefined
}

/** An org's invoices, newest first, after the one with the number `after`. Uses the index `invoices_by_org`. */
export async function listInvoices(
  db: Db,
  { org, since, until, limit, after }: InvoiceFilter & { limit: number; after?: string | undefined },
): Promise<ListedInvoice[]> {
  let query = invoicesOf(db, org)
  if (since) query = query.where('i.issued_at', '>=', since)
  if (until) query = query.where('i.issued_at', '<', until)
  if (after !== undefined) {
    const last = (column: 'issued_at' | 'n') =>
      db.selectFrom('invoices').select(column).where('number', '=', after).where('org_id', '=', org)
    query = query.where(sql<boolean>`(i.issued_at, i.n) < ((${last('issued_at')}), (${last('n')}))`)
  }
  const rows = await query.orderBy('i.issued_at', 'desc').orderBy('i.n', 'desc').limit(limit).execute()
  return rows.map(listed)
}

export interface Invoice extends ListedInvoice {
  document: InvoiceDocument
}

/**
 * One invoice of an org, by its id or number, or by the id of its order. Refuses `invoice_not_found`, and
 * `invoice_differs` for one that is not as it was issued; then an operator is informed, so call it outside a transaction.
 */
export async function findInvoice(
  db: Db,
  { org, ref, at }: { org: OrgId; ref: string; at: Date },
): Promise<Invoice> {
  const row = await invoicesOf(db, org)
    .select(['i.document', 'i.document_sha256', 'i.org_id', 'i.year', 'i.n', 'o.org_id as ordered_by'])
    .$if(isId('ivc', ref), (query) => query.where('i.id', '=', ref as InvoiceId))
    .$if(isId('ord', ref), (query) => query.where('i.order_id', '=', ref as OrderId))
    .$if(!isId('ivc', ref) && !isId('ord', ref), (query) => query.where('i.number', '=', ref))
    .executeTakeFirst()
  if (!row) throw new InvoiceNotFound()
  const detail = changedPart(row, row.document) ?? ((await hasLostHash(db, row)) ? 'document' : undefined)
  if (detail) {
    await raiseForOperator(db, { kind: 'invoice_differs', object: row.id, detail, at })
    throw new InvoiceDiffers(row.id)
  }
  return { ...listed(row), document: row.document as unknown as InvoiceDocument }
}

/** Whether an invoice without a hash was issued with one: then its event says so. */
async function hasLostHash(
  db: Db,
  {
    document_sha256: hash,
    order_id: order,
    ordered_by: org,
  }: { document_sha256: string | null; order_id: OrderId; ordered_by: OrgId },
): Promise<boolean> {
  if (hash !== null) return false
  const issued = await detailOfEvent(db, { chain: `org:${org}`, action: 'issue_invoice', object: order })
  return issued?.['document_sha256'] !== undefined
}

/** The org of an invoice. Does not check access; the caller has to. */
export async function orgOfInvoice(db: Db, id: string): Promise<OrgId | undefined> {
  if (!isId('ivc', id)) return undefined
  const row = await db.selectFrom('invoices').select('org_id').where('id', '=', id).executeTakeFirst()
  return row?.org_id
}

const invoicesOf = (db: Db, org: OrgId) =>
  db
    .selectFrom('invoices as i')
    .innerJoin('orders as o', 'o.id', 'i.order_id')
    .select(['i.id', 'i.number', 'i.order_id', 'i.total_amount', 'i.currency', 'i.issued_at'])
    .select('o.cancelled_at')
    .where('i.org_id', '=', org)

const listed = (
  row: Awaited<ReturnType<ReturnType<typeof invoicesOf>['execute']>>[number],
): ListedInvoice => ({
  id: row.id,
  number: row.number,
  order: row.order_id,
  total: { amountMinor: row.total_amount, currency: row.currency },
  issuedAt: row.issued_at,
  isTakenBack: row.cancelled_at !== null,
})

/** What an org was invoiced in a month, without the orders that were taken back. */
export interface MonthlySpend {
  /** Such as `2026-11`, in UTC. */
  month: string
  total: Money
}

/** The sums of the last months with this one, the first month first; a month in which nothing was spent is missing. */
export async function spendPerMonth(
  db: Db,
  { org, months, at }: { org: OrgId; months: number; at: Date },
): Promise<MonthlySpend[]> {
  const since = new Date(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() - months + 1, 1))
  // the sums only grow: what was taken back is subtracted here, by the index `cancelled_orders_by_time`
  const { rows } = await sql<{ month: string; currency: string; amountMinor: number }>`
    with taken_back as (
      select date_trunc('month', i.issued_at at time zone 'UTC')::date as month, i.currency,
             sum(i.total_amount) as amount
        from orders o join invoices i on i.order_id = o.id
       where o.org_id = ${org} and o.cancelled_at is not null and i.issued_at >= ${since}
       group by 1, 2
    )
    select to_char(m.month, 'YYYY-MM') as month, m.currency,
           (m.amount - coalesce(t.amount, 0))::bigint as "amountMinor"
      from invoiced_months m left join taken_back t on t.month = m.month and t.currency = m.currency
     where m.org_id = ${org} and m.month >= ${since.toISOString().slice(0, 10)}::date
       and m.amount > coalesce(t.amount, 0)
     order by m.month, m.currency`.execute(db)
  return rows.map(({ month, currency, amountMinor }) => ({ month, total: { amountMinor, currency } }))
}
