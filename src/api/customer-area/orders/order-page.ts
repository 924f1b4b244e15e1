import type { FastifyInstance, FastifyRequest } from 'fastify'
import { findInvoice, orgOfInvoice } from '#domain/invoices'
import { findOrder, orgOfOrder } from '#domain/orders'
import { notFoundPage, sendPage } from '../layout.ts'
import { signedIn } from '../session.ts'
import { invoicePdf } from './invoice-pdf.ts'
import { orderView } from './order-view.ts'
import { accessTo, ORDERS, type OrdersOptions } from './visit.ts'

type OfOne = FastifyRequest<{ Params: { id: string } }>

/** One order, and the PDF of an invoice. A mail leads here, so the org need not be the one in which the visitor works. */
export function orderPage(app: FastifyInstance, { db, now }: OrdersOptions): void {
  app.get(`${ORDERS}/:id`, async (request: OfOne, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const { id } = request.params
    const org = accessTo(request, await orgOfOrder(db, id), 'see_orders')
    if (!org) return sendPage(reply, notFoundPage, 404)
    const order = await findOrder(db, { org: org.id, id, at: now() })
    const invoice = order.invoice === undefined ? undefined : await findInvoice(db, { org: org.id, ref: id })
    return sendPage(reply, orderView(org, order, invoice))
  })

  app.get('/account/invoices/:file', async (request: FastifyRequest<{ Params: { file: string } }>, reply) => {
    if (!(await signedIn(request, reply))) return reply
    const [, id = ''] = /^(\w+)\.pdf$/.exec(request.params.file) ?? []
    const org = accessTo(request, await orgOfInvoice(db, id), 'see_orders')
    if (!org) return sendPage(reply, notFoundPage, 404)
    const invoice = await findInvoice(db, { org: org.id, ref: id })
    return reply
      .type('application/pdf')
      .header('content-disposition', `inline; filename="invoice-${invoice.number}.pdf"`)
      .header('cache-control', 'private, no-store')
      .header('x-content-type-options', 'nosniff')
      .send(await invoicePdf(invoice))
  })
}
