import { z } from 'zod'
import { orgArgument } from '#kernel/schemas'
import { defineTool } from '../../call/tool.ts'
import { cartView, shownCart } from './cart-view.ts'

export default defineTool({
  kind: 'read',
  name: 'get_cart',
  title: 'See the cart',
  description: "Shows an org's cart, shared by its members, at current prices. Next: quote_cart.",
  scope: ['read', 'buy'],
  permission: 'fill_cart',
  hints: { readOnly: true, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument }),
  output: cartView,

  run: (_, context) => shownCart(context),
})
