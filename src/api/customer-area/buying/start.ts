import type { FastifyReply } from 'fastify'
import type { z } from 'zod'
import { checkoutCart } from '#contracts/checkout-cart'
import { purchaseAndInstallPackage } from '#contracts/purchase-and-install-package'
import { assertValidPurchase } from '#domain/cart'
import type { Operation } from '#domain/operations'
import { orderOf } from '#domain/orders'
import { assertMay } from '#domain/orgs'
import type { Acting, BuyingOptions } from './visit.ts'

type Purchase =
  | { story: 'checkout_cart'; input: z.output<typeof checkoutCart.input> }
  | { story: 'purchase_and_install_package'; input: z.output<typeof purchaseAndInstallPackage.input> }

interface Bought extends Acting {
  purchase: Purchase
  quote: string
  /** The page of the quote, with the choices. Gets the id of an operation that opened no order. */
  pageOfQuote: (refused: string) => string
}

/**
 * Buys at the price of a quote, by the story of the tools. The quote is also the idempotency key: however often its form
 * is sent, it buys once. Leads to the page of the operation. When the order could not be opened, nothing was charged:
 * then it leads back to the quote, which is new and says why.
 */
export async function buyAtQuote(
  { db, operations, now }: BuyingOptions,
  reply: FastifyReply,
  { org, caller, purchase, quote: key, pageOfQuote }: Bought,
): Promise<FastifyReply> {
  assertMay(org, 'buy')
  assertValidPurchase(purchase.input, org.role)
  const asked = { key, caller, org, at: now() }
  const { operation } =
    purchase.story === 'checkout_cart'
      ? await operations.startOrJoin(checkoutCart, { ...asked, input: purchase.input })
      : await operations.startOrJoin(purchaseAndInstallPackage, { ...asked, input: purchase.input })
  const isNothing = operation.status === 'failed' && !(await orderOf(db, operation.id))
  return reply.redirect(isNothing ? pageOfQuote(operation.id) : pageOf(operation), 303)
}

/** An operation of an older release, which may have used the key, has no page. */
const pageOf = ({ link }: Operation): string => (link ? `/o/${link}` : '/account')
