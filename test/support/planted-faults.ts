import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { type Difference, findDifferences, type OpenRun, type Rule } from '#domain/differences'
import { type ChargeId, mintId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import { aProject } from './a-market.ts'
import type { Shop } from './a-shop.ts'

/** The ids of a purchase of one package that costs 49.00 EUR. */
export interface Bought {
  org: string
  operation: string
  order: string
  line: string
  item: string
  licence: string | null
  charge: ChargeId
  customer: string
  card: string
}

export async function aPurchase(shop: Shop, name: 'buyer' | 'declined' = 'buyer'): Promise<Bought> {
  const org = name === 'buyer' ? 'acme-retail' : 'umbrella'
  const assistant = await shop.assistant({ name, org })
  const { id: project } = await aProject(shop.market, { org })
  const packages = ['northwind/module-search']
  const { operation_id } = await assistant.buys({ packages, project, idempotency_key: randomUUID() })
  const { rows } = await sql<Bought>`
    select o.org_id as org, o.operation_id as operation, o.id as order, l.id as line, i.id as item, n.id as licence,
           c.id as charge, b.stripe_customer_id as customer, m.stripe_payment_method_id as card
      from orders o join order_lines l on l.order_id = o.id join order_items i on i.line_id = l.id
      left join licences n on n.order_item_id = i.id join charges c on c.order_line_id = l.id
      join payment_methods m on m.id = c.payment_method_id join billing_accounts b on b.org_id = o.org_id
     where o.operation_id = ${operation_id}`.execute(shop.db)
  const [bought] = rows
  if (!bought) throw new Error(`${operation_id} has no order`)
  return bought
}

export interface Planting {
  /** Writes the fault. It may write what the database refuses, and is rolled back. */
  rows?: (tx: Db) => Promise<unknown>
  runs?: readonly OpenRun[]
  isAtRest?: boolean
}

/** Plants a fault and returns the differences that were not there before. */
export async function differencesAfter(
  { db, bank }: Pick<Shop, 'db' | 'bank'>,
  { rows = async () => {}, runs, isAtRest = false }: Planting,
  atTheBank: () => Promise<unknown> = async () => {},
): Promise<Difference[]> {
  let found: Difference[] = []
  const planted = new Error('planted')
  const compared = (tx: Db, openRuns?: () => Promise<readonly OpenRun[]>) =>
    findDifferences(tx, { statedPayments: bank.statement, openRuns, isAtRest })
  await inTransaction(db, async (tx) => {
    const before = new Set((await compared(tx)).map(({ says }) => says))
    await sql`set local session_replication_role = replica`.execute(tx)
    await atTheBank()
    await rows(tx)
    found = (await compared(tx, runs && (async () => runs))).filter(({ says }) => !before.has(says))
    throw planted
  }).catch((e: unknown) => {
    if (e !== planted) throw e
  })
  return found
}

/** The customer of an org at the bank, with its card. */
export const cardOf = ({ db, market }: Pick<Shop, 'db' | 'market'>, org: string) =>
  db
    .selectFrom('payment_methods as m')
    .innerJoin('billing_accounts as b', 'b.org_id', 'm.org_id')
    .select(['b.stripe_customer_id as customer', 'm.stripe_payment_method_id as card'])
    .where('b.org_id', '=', market.org(org))
    .executeTakeFirstOrThrow()

/** Another payment at the bank, which our code did not ask for. */
export async function aPayment(
  { bank }: Pick<Shop, 'bank'>,
  { customer, card }: Pick<Bought, 'customer' | 'card'>,
  { line = 'lin_planted', isConfirmed = true }: { line?: string; isConfirmed?: boolean } = {},
): Promise<string> {
  const charge = mintId('chg', new Date(), Math.random)
  const request = {
    customer,
    amountMinor: 4900,
    currency: 'EUR',
    transferGroup: line,
    metadata: { charge_id: charge },
  }
  const { id } = await bank.payments.createIntent({ charge, request })
  if (isConfirmed)
    await bank.payments.confirmIntent({ id, charge, n: 1, paymentMethod: card, usage: 'unscheduled' })
  return id
}

/** Writes a fault about a paid purchase, or about one that was declined. */
export type Plant = (tx: Db, paid: Bought, declined: Bought) => Promise<unknown>

export const posted = (tx: Db, key: string, accounts: Record<string, number>) =>
  sql`
  with p as (insert into ledger_postings values (${mintId('pst', new Date(), Math.random)}, ${key}, 'charge', now()) returning id)
  insert into ledger_entries select p.id, a.key, a.value::bigint, 'EUR' from p, jsonb_each_text(${JSON.stringify(accounts)}::jsonb) a`.execute(
    tx,
  )

/** Faults in rows: the only difference that the checker may find, in words, and how it is planted. */
export const PLANTED_ROWS: Array<[Rule, string, Plant]> = [
  [
    'money_without_licence',
    'a paid licence that was revoked',
    (tx, { licence }) => sql`update licences set status = 'revoked' where id = ${licence}`.execute(tx),
  ],
  [
    'books_differ',
    'a posting without money at the bank',
    (tx) => posted(tx, 'charge:ch_planted', { stripe_clearing: 100, platform_fee: -100 }),
  ],
  ['books_unbalanced', 'a posting that is off', (tx) => posted(tx, 'other:planted', { platform_fee: -1 })],
  [
    'hold_wrong',
    'spending that is still held',
    (tx, { line }) =>
      sql`update spending_holds set state = 'held', ended_at = null where line_id = ${line}`.execute(tx),
  ],
  [
    'order_open',
    'an order that is open',
    (tx, { order }) => sql`update orders set closed_at = null where id = ${order}`.execute(tx),
  ],
  [
    'charge_open',
    'a charge that is pending',
    (tx, _, { charge }) =>
      sql`update charges set state = 'pending', settled_at = null where id = ${charge}`.execute(tx),
  ],
  [
    'licence_reserved',
    'a licence that is reserved',
    (tx, { licence }, { org, item }) =>
      sql`
    insert into licences (id, org_id, package_id, edition, model, order_item_id, status, created_at)
    select ${mintId('lic', new Date(), Math.random)}, ${org}, package_id, edition, model, ${item}, 'reserved', now()
      from licences where id = ${licence}`.execute(tx),
  ],
  [
    'slot_reserved',
    'a slot that is reserved',
    (tx, { licence }) =>
      sql`update activations set activated_at = null where licence_id = ${licence}`.execute(tx),
  ],
  [
    'cart_locked',
    'a cart item that is held',
    (tx, { licence, order }) =>
      sql`
    insert into cart_items (org_id, package_id, added_by, added_at, order_id)
    select n.org_id, n.package_id, o.placed_by, now(), o.id from licences n, orders o
     where n.id = ${licence} and o.id = ${order}`.execute(tx),
  ],
  [
    'secret_left',
    'a secret of a failed operation',
    (tx, { operation }, { operation: failed }) =>
      sql`
    insert into one_time_secrets (operation_id, key_id, sealed, customer_id, created_at)
    select ${failed}, 'k', 'x', asked_by, now() from operations where id = ${operation}`.execute(tx),
  ],
  [
    'paid_but_failed',
    'a paid operation that counts as failed',
    (tx, { operation }) =>
      sql`
    with s as (delete from one_time_secrets where operation_id = ${operation})
    update operations set status = 'failed', result = null, error = '{}' where id = ${operation}`.execute(tx),
  ],
  [
    'entry_without_debt',
    'an entry of the operators about a step of an operation that is over',
    (tx, { operation }) =>
      sql`insert into incidents (id, kind, object, since, last_at) values (${mintId('inc', Date.now(), Math.random)}, 'run_stuck', ${operation}, now(), now())`.execute(
        tx,
      ),
  ],
  [
    'outbox_overdue',
    'an outbox row that nobody takes',
    (tx) =>
      sql`
    insert into outbox (deed, workflow_id, payload, due_at, give_up_at)
    values ('nudge', 'planted', '{}', now() - interval '5 minutes', now() + interval '1 day')`.execute(tx),
  ],
]

/** Lets a finished operation count as running. */
export const asRunning = (tx: Db, { operation }: Bought) =>
  sql`
  update operations set status = 'running', result = null, finished_at = null where id = ${operation}`.execute(
    tx,
  )
