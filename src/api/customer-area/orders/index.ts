import type { FastifyInstance } from 'fastify'
import { billingDetailsPage } from './billing-page.ts'
import { orderListPage } from './list-page.ts'
import { orderPage } from './order-page.ts'
import type { OrdersOptions } from './visit.ts'

/** Orders, their invoices, and to whom these are made out. */
export async function orderPages(app: FastifyInstance, options: OrdersOptions): Promise<void> {
  orderListPage(app, options)
  orderPage(app, options)
  billingDetailsPage(app, options)
}
