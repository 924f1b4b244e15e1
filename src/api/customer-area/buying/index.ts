import type { FastifyInstance } from 'fastify'
import { cartPages } from './cart-page.ts'
import type { BuyingOptions } from './visit.ts'

/** The pages on which a person buys: the cart of the org. */
export async function buyingPages(app: FastifyInstance, options: BuyingOptions): Promise<void> {
  cartPages(app, options)
}
