import { z } from 'zod'
import { removeFromCart } from '#domain/cart'
import { MOST_PACKAGES, orgArgument, packageName } from '#kernel/schemas'
import { defineTool } from '../../call/tool.ts'
import { changedCart, shownCart } from './cart-view.ts'

export default defineTool({
  kind: 'action',
  name: 'remove_from_cart',
  title: 'Take packages out of the cart',
  description: "Removes packages from an org's cart and returns the rest of it.",
  scope: ['read', 'buy'],
  permission: 'fill_cart',
  hints: { readOnly: false, destructive: true, idempotent: true, openWorld: false },
  input: z.strictObject({ org: orgArgument, packages: z.array(packageName).min(1).max(MOST_PACKAGES) }),
  output: changedCart.extend({ removed: z.array(z.string()) }),

  async run({ packages: names }, context) {
    const { db, caller, org } = context
    const removed = await removeFromCart(db, { caller, org, names })
    return { ...(await shownCart(context)), removed }
  },
})
