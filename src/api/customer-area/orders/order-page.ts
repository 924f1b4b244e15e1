import type { FastifyInstance, FastifyRequest } from 'fastify'
import { findInvoice, InvoiceDiffers, orgOfInvoice } from '#domain/invoices'
import { findOperation, OperationNotFound } from '#domain/operations'
import { findOrder, type ListedOrder, orgOfOrder } from '#domain/orders'
import type { CustomerId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { notFoundPage, sendPage } from '../layout.ts'
import { operationPath } from '../operations-page.ts'
import { signedIn } from '../session.ts'
import { invoicePdf } from './invoice-pdf.ts'
import { orderView } from './order-view.ts'
import { accessTo, ORDERS, type OrdersOptions } from './visit.ts'

type OfOne = FastifyRequest<{ Params: { id: string } }>

/** One order, and the PDF of an invoice. A mail leads here, so the org need not be the one in which the visitor works. */
export function orderPage(app: FastifyInstance, { db, now, log }: OrdersOptions): void {
  app.get(`${ORDERS}/:id`, async (request: OfOne, reply) => {
    const session = await signedIn(request, reply)
    if (!session) return reply
    const { id } = request.params
    const org = accessTo(request, await orgOfOrder(db, id), 'see_orders')
    if (!org) return sendPage(reply, notFoundPage, 404)
    const order = await findOrder(db, { org: org.id, id, at: now() })
    const invoice =
      order.invoice === undefined
        ? undefined
        : await findInvoice(db, { org: org.id, ref: id, at: now() }).catch(differing)
    if (invoice instanceof InvoiceDiffers) log.error({ err: invoice, order: id }, 'an invoice is not shown')
    const path = order.status === 'open' ? await pathOfPurchase(db, order, session.customer) : undefined
    return sendPage(reply, orderView(org, order, { found: invoice, path }))
  })

  app.get('/account/invoices/:file', async (request: FastifyRequest<{ Params: { file: string } }>, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const [, id = ''] = /^(\w+)\.pdf$/.exec(request.params.file) ?? []
    const org = accessTo(request, await orgOfInvoice(db, id), 'see_orders')
    if (!org) return sendPage(reply, notFoundPage, 404)
    const invoice = await findInvoice(db, { org: org.id, ref: id, at: now() })
    return reply
      .type('application/pdf')
      .header('content-disposition', `inline; filename="invoice-${invoice.number}.pdf"`)
      .header('cache-control', 'private, no-store')
      .header('x-content-type-options', 'nosniff')
      .send(await invoicePdf(invoice))
  })
}

/** Undefined for others than the person who began the purchase: only that person can go on with it. */
async function pathOfPurchase(db: Db, { operation: id }: ListedOrder, customer: CustomerId) {
  try {
    await findOperation(db, { id, customer })
    return operationPath(id)
  } catch (error) {
    if (error instanceof OperationNotFound) return undefined
    throw error
  }
}

/** The rest of an order is shown without an invoice that differs from what was issued. */
function differing(error: unknown): InvoiceDiffers {
  if (error instanceof InvoiceDiffers) return error
  throw error
}
