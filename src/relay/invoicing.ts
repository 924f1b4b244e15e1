import { invoiceOrder, ordersToInvoice, type ToInvoice } from '#domain/orders'
import type { Seller } from '#kernel/seller'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'

const LOOK_EVERY_MS = 60_000
const BATCH = 100

interface Invoicing {
  db: Db
  seller: Seller
  log: Logger
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

/** One after another, so that their numbers follow the time of closing. One that fails does not hold up the others. */
export async function issueMissingInvoices(
  { db, seller, log }: Invoicing,
  isStopped: () => boolean = () => false,
): Promise<void> {
  let after: ToInvoice | undefined
  for (;;) {
    const orders = await ordersToInvoice(db, { after, limit: BATCH })
    let done = 0
    for (const order of orders) {
      if (isStopped()) return
      await invoiceOrder(db, { order: order.id, seller, at: new Date() }).then(
        () => (done += 1),
        (error: unknown) =>
          log.error(
            { error, order: order.id },
            'an order could not be invoiced; it is tried again in a minute',
          ),
      )
    }
    if (done) log.info({ orders: done }, 'orders without an invoice were invoiced')
    after = orders.at(-1)
    if (orders.length < BATCH) return
  }
}
