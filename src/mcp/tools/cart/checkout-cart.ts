import { checkoutCart } from '#contracts/checkout-cart'
import { assertValidPurchase } from '#domain/cart'
import { idempotencyKey, orgArgument } from '#kernel/schemas'
import { defineStoryTool } from '../../call/tool.ts'
import { nextStep } from '../../operations/handle-schema.ts'

export default defineStoryTool({
  name: 'checkout_cart',
  title: 'Buy what is in the cart',
  description: `
    Buys the cart at the price of quote_cart, on the org's saved card, with one charge per vendor. A refused vendor
    does not affect the others, and its packages stay in the cart. With a project the licences are activated there.
    Call it only after the user's yes. The same idempotency_key never charges twice.`,
  scope: ['read', 'projects', 'buy'],
  permission: 'buy',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: true },
  contract: { story: checkoutCart.story, output: checkoutCart.output.extend(nextStep) },
  input: checkoutCart.input.extend({ org: orgArgument, idempotency_key: idempotencyKey }),

  async run(args, context) {
    const { org: _, idempotency_key: key, ...input } = args
    const { caller, org, operations, at } = context
    assertValidPurchase(input, org.role)
    return operations.startOrJoin(checkoutCart, { key, caller, org, input, at })
  },
})
