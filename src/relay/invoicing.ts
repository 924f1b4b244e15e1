import { forgetAllOver, invoiceOrder, noteNotInvoiced, ordersToInvoice, type ToInvoice } from '#domain/orders'
import { codeOf } from '#kernel/errors'
import type { OrderId } from '#kernel/ids'
import type { Seller } from '#kernel/seller'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'

const LOOK_EVERY_MS = 60_000
const BATCH = 100

interface Invoicing {
  db: Db
  seller: Seller
  log: Logger
  now?: () => Date
}

/**
 * Issues the invoices of orders that were closed without one, before there were invoices or by a worker of an older
 * build. Looks at the start and every minute. Several processes may do so: each order gets one invoice.
 */
export function startInvoicing(deps: Invoicing): { stop: () => Promise<void> } {
  let isStopped = false
  let looking: Promise<void> | undefined
  const look = () =>
    (looking ??= issueMissingInvoices(deps, () => isStopped)
      .catch((error: unknown) => deps.log.warn({ error }, 'the orders without an invoice could not be read'))
      .finally(() => (looking = undefined)))
  const timer = setInterval(() => void look(), LOOK_EVERY_MS)
  void look()
  return {
    async stop() {
      isStopped = true
      clearInterval(timer)
      await looking
    },
  }
}

/**
 * One after another, so that their numbers follow the time of closing. One that fails does not hold up the others: it is
 * tried again after a pause.
 */
export async function issueMissingInvoices(
  { db, seller, log, now = () => new Date() }: Invoicing,
  isStopped: () => boolean = () => false,
): Promise<void> {
  await forgetAllOver(db, now()).catch((error: unknown) =>
    log.warn({ error }, 'the failures of invoices that are issued by now could not be forgotten'),
  )
  let after: ToInvoice | undefined
  for (;;) {
    const orders = await ordersToInvoice(db, { after, limit: BATCH, at: now() })
    let done = 0
    for (const order of orders) {
      if (isStopped()) return
      await invoiceOrder(db, { order: order.id, seller, at: now() }).then(
        () => (done += 1),
        (error: unknown) => noteFailure({ db, log, at: now() }, order.id, error),
      )
    }
    if (done) log.info({ orders: done }, 'orders without an invoice were invoiced')
    after = orders.at(-1)
    if (orders.length < BATCH) return
  }
}

/** Does not throw: without its note the order is due again at the next look. */
async function noteFailure(
  { db, log, at }: Pick<Invoicing, 'db' | 'log'> & { at: Date },
  order: OrderId,
  error: unknown,
): Promise<void> {
  log.error({ error, order }, 'an order could not be invoiced; it is tried again')
  await noteNotInvoiced(db, { order, reason: codeOf(error), at }).catch((failure: unknown) =>
    log.warn({ error: failure, order }, 'it could not be noted that an order was not invoiced'),
  )
}
