import { sql } from 'kysely'
import { type InvoiceId, mintId, type OperationId, type OrderId, type OrgId } from '#kernel/ids'
import { moneyText } from '#kernel/money'
import type { Seller } from '#kernel/seller'
import { type Actor, audit, by } from '#domain/audit'
import { findBillingDetails } from '#domain/billing'
import { queueMail } from '#domain/mail'
import type { Db } from '../../platform/database.ts'
import { hashOfDocument, totalOf } from './as-issued.ts'
import { documentOf } from './document.ts'

export interface OrderToInvoice {
  order: OrderId
  org: OrgId
  currency: string
  seller: Seller
  /** When it was delivered. */
  suppliedAt: Date
  at: Date
  /** For the audit log: who bought. Absent when the invoice is issued long after the purchase. */
  purchase?: { caller: Actor; operation: OperationId }
}

/**
 * Issues the invoice of an order whose lines are all decided, with its audit event, and returns its number. A second call
 * returns the same number. Undefined for an order that cost nothing: it gets no invoice. The caller has locked the order.
 * Locks the row of the year and the org's audit chain until the commit, so call it late in the transaction: the number is
 * given back when that is rolled back.
 */
export async function issueInvoice(tx: Db, wanted: OrderToInvoice): Promise<string | undefined> {
  const { order, org, currency, at } = wanted
  const earlier = await tx
    .selectFrom('invoices')
    .select('number')
    .where('order_id', '=', order)
    .executeTakeFirst()
  if (earlier) return earlier.number
  const said = await documentOf(tx, wanted)
  const { amountMinor: total } = totalOf(said, currency)
  if (total === 0) return undefined
  const { year, n, issuedAt } = await takeNumber(tx, at)
  const document = { ...said, issued: { org, year, n, at: issuedAt.toISOString(), total, currency } }
  const id: InvoiceId = mintId('ivc', issuedAt, Math.random)
  const hash = hashOfDocument(document)
  const { number } = await tx
    .insertInto('invoices')
    .values({
      id,
      order_id: order,
      org_id: org,
      year,
      n,
      issued_at: issuedAt,
      total_amount: total,
      currency,
      document: JSON.stringify(document),
      document_sha256: hash,
    })
    .returning('number')
    .executeTakeFirstOrThrow()
  await auditInvoice(tx, wanted, { number, document_sha256: hash })
  return number
}

const auditInvoice = (
  tx: Db,
  { order, org, purchase }: OrderToInvoice,
  detail: { number: string; document_sha256: string },
) =>
  audit(tx, {
    chain: `org:${org}`,
    action: 'issue_invoice',
    outcome: 'done',
    ...(purchase && { ...by(purchase.caller), operation: purchase.operation }),
    org,
    object: order,
    detail,
  })

/** In every year the numbers of series n begin above n times this. The check in the database uses the same number. */
const SERIES_STEP = 10_000_000

/** The series of the next invoices. 0: the database was never restored. */
export async function currentSeries(db: Db): Promise<number> {
  const { series } = await db
    .selectFrom('invoice_number_series')
    .select(({ fn }) => fn.max('series').as('series'))
    .executeTakeFirstOrThrow()
  return Number(series ?? 0)
}

/**
 * The next number of the year (UTC) of `wanted`, or of the database's time when the clock of a worker is ahead of it. A
 * step that is tried again for days keeps its first time, so an invoice that would be older than the last one gets the
 * time of that one: the times of a year's invoices never go back.
 */
async function takeNumber(tx: Db, wanted: Date): Promise<{ year: number; n: number; issuedAt: Date }> {
  const at = await notAfterNow(tx, wanted)
  const year = at.getUTCFullYear()
  await tx
    .insertInto('invoice_series')
    .values({ year, last_n: 0 })
    .onConflict((on) => on.column('year').doNothing())
    .execute()
  const { last_n, last_issued_at } = await tx
    .selectFrom('invoice_series')
    .select(['last_n', 'last_issued_at'])
    .where('year', '=', year)
    .forUpdate()
    .executeTakeFirstOrThrow()
  const n = Math.max(last_n, (await currentSeries(tx)) * SERIES_STEP) + 1
  const issuedAt = last_issued_at && last_issued_at > at ? last_issued_at : at
  await tx
    .updateTable('invoice_series')
    .set({ last_n: n, last_issued_at: issuedAt })
    .where('year', '=', year)
    .execute()
  return { year, n, issuedAt }
}

async function notAfterNow(tx: Db, at: Date): Promise<Date> {
  const { rows } = await sql<{ at: Date }>`select least(${at}::timestamptz, clock_timestamp()) as at`.execute(
    tx,
  )
  const [row] = rows
  if (!row) throw new Error('the database told no time')
  return row.at
}

/** Mails the invoice's link to the address of the org's billing details, or to the buyer; once for each order. */
export async function mailReceipt(
  tx: Db,
  { order, org, number, at }: { order: OrderId; org: OrgId; number: string; at: Date },
): Promise<void> {
  const row = await tx
    .selectFrom('orders as o')
    .innerJoin('customers as u', 'u.id', 'o.placed_by')
    .innerJoin('orgs as g', 'g.id', 'o.org_id')
    .innerJoin('invoices as i', 'i.order_id', 'o.id')
    .select(['u.email_norm', 'g.name', 'i.total_amount', 'i.currency'])
    .where('o.id', '=', order)
    .executeTakeFirstOrThrow()
  const details = await findBillingDetails(tx, org)
  const total = moneyText({ amountMinor: row.total_amount, currency: row.currency })
  await queueMail(tx, {
    kind: 'receipt',
    to: details?.email ?? row.email_norm,
    data: { number, order, org: row.name, total },
    key: `receipt/${order}`,
    at,
  })
}
