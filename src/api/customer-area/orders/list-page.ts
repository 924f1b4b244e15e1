import { Readable } from 'node:stream'
import type { FastifyInstance } from 'fastify'
import { spendPerMonth } from '#domain/invoices'
import { type ListedOrder, listOrders, onlyCurrency, type OrderFilter } from '#domain/orders'
import { assertMay, may, type OrgAccess } from '#domain/orgs'
import { csvLine, csvText } from '#kernel/csv'
import type { OrderId } from '#kernel/ids'
import { amountText } from '#kernel/money'
import type { Db } from '#platform/database'
import { noteOrg } from '../audit-refusals.ts'
import { notFoundPage, sendPage } from '../layout.ts'
import { signedIn } from '../session.ts'
import { orgsOfVisitor } from '../visitor-orgs.ts'
import { lacksBillingDetails } from './billing-notice.ts'
import { asTexts, filterOf, type ListQuery, placeOf, readQuery } from './list-query.ts'
import { listView, MONTHS, nothingToSee } from './list-view.ts'
import { ORDERS, type OrdersOptions } from './visit.ts'

const SHOWN = 25
const AT_ONCE = 200

/** The orders of the org in which the visitor works: filters, what was spent, and a CSV of all of them. */
export function orderListPage(app: FastifyInstance, { db, now, log, currencies }: OrdersOptions): void {
  app.get(ORDERS, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const { active: org } = orgsOfVisitor(request)
    if (!org || !may(org.role, 'see_orders')) return sendPage(reply, nothingToSee)
    const { query, wrong } = await readQuery(request.query, () => onlyCurrency(db, org.id))
    const found = query ? await pageOf(org, query) : []
    const months = await spendPerMonth(db, { org: org.id, months: MONTHS, at: now() })
    const view = {
      org,
      query: query ?? {},
      currencies,
      wrong,
      orders: found.slice(0, SHOWN),
      hasMore: found.length > SHOWN,
      months,
      asksForDetails: await lacksBillingDetails(db, org),
      at: now(),
    }
    return sendPage(reply, listView(view), wrong ? 400 : 200)
  })

  app.get(`${ORDERS}.csv`, async (request, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const { active: org } = orgsOfVisitor(request)
    if (!org) return sendPage(reply, notFoundPage, 404)
    noteOrg(request, org)
    assertMay(org, 'see_orders')
    const { query } = await readQuery(request.query, () => onlyCurrency(db, org.id))
    if (!query)
      return reply.redirect(`${ORDERS}?${new URLSearchParams(asTexts(request.query)).toString()}`, 303)
    const lines = csvOf(db, filterOf(org.id, query))
    const stream = Readable.from(lines)
    // the response has begun, so a failure can only end it: the file has no last line
    stream.on('error', (err) => log.error({ err, request: request.id }, 'a download of orders broke off'))
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="orders-${org.slug}.csv"`)
      .header('cache-control', 'no-store')
      .header('x-content-type-options', 'nosniff')
      .send(stream)
  })

  const pageOf = (org: OrgAccess, query: ListQuery) =>
    listOrders(db, { ...filterOf(org.id, query), limit: SHOWN + 1, after: placeOf(query) })
}

async function* csvOf(db: Db, filter: OrderFilter): AsyncGenerator<string> {
  yield csvLine(Object.keys(COLUMNS))
  let after: OrderId | undefined
  for (;;) {
    const orders = await listOrders(db, { ...filter, limit: AT_ONCE, after })
    yield orders.map((order) => csvLine(Object.values(COLUMNS).map((of) => csvText(of(order))))).join('')
    if (orders.length < AT_ONCE) return
    after = orders.at(-1)?.id
  }
}

const COLUMNS: Readonly<Record<string, (order: ListedOrder) => string>> = {
  order: ({ id }) => id,
  status: ({ status }) => status,
  placed_at: ({ placedAt }) => placedAt.toISOString(),
  ended_at: ({ endedAt }) => endedAt?.toISOString() ?? '',
  amount: ({ total }) => amountText(total),
  // empty while it is open; what is paid back is not paid
  paid: ({ status, total }) =>
    status === 'open' ? '' : amountText(status === 'completed' ? total : { ...total, amountMinor: 0 }),
  currency: ({ total }) => total.currency,
  packages: ({ packages }) => packages.join(' '),
  invoice: ({ invoice }) => invoice ?? '',
}
