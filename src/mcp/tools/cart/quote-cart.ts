import { z } from 'zod'
import { checkoutCart } from '#contracts/checkout-cart'
import { quoted } from '#contracts/purchase'
import { quotePurchase } from '#domain/cart'
import { money, orgArgument } from '#kernel/schemas'
import { defineTool } from '../../call/tool.ts'
import { shownQuote } from './quote-view.ts'

export default defineTool({
  kind: 'read',
  name: 'quote_cart',
  title: 'Price the cart',
  description: `
    Returns the price of an org's cart, what would be bought and what the org already has, for a project if given. The
    quote is valid for 30 minutes and buys nothing. Next: after a yes, checkout_cart with the same project and card.`,
  scope: ['read', 'buy'],
  permission: 'fill_cart',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: checkoutCart.input
    .pick({ project: true, new_project: true, payment_method: true, renew: true, force_another: true })
    .extend({ org: orgArgument }),
  output: z.looseObject({
    org: z.string(),
    quote: z.string(),
    expires_at: z.string(),
    total: money,
    ...quoted,
  }),

  async run(args, { db, caller, org, secrets, spending: settings, at }) {
    const { org: _, ...input } = args
    const quoteKey = secrets.deriveKey('quote')
    const spender = { connection: caller.connection, settings }
    const quote = await quotePurchase(db, { org, input, at, quoteKey, spender })
    return { org: org.slug, ...shownQuote(quote) }
  },
})
