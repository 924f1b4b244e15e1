import { z } from 'zod'
import { wantedPackages } from '#contracts/purchase'
import { addToCart, packagesWanted } from '#domain/cart'
import { orgArgument } from '#kernel/schemas'
import { defineTool } from '../../call/tool.ts'
import { changedCart, shownCart } from './cart-view.ts'

export default defineTool({
  kind: 'action',
  name: 'add_to_cart',
  title: 'Put packages into the cart',
  description: `
    Puts all packages into an org's cart, or none. Adding a package again changes its edition. To buy at once use
    purchase_and_install_package. Next: quote_cart.`,
  scope: ['read', 'buy'],
  permission: 'fill_cart',
  hints: { readOnly: false, destructive: false, idempotent: true, openWorld: false },
  input: z.strictObject({
    org: orgArgument,
    packages: wantedPackages.describe("Composer names; default edition: the project's at checkout"),
  }),
  output: changedCart,

  async run({ packages }, context) {
    const { db, caller, org, at } = context
    await addToCart(db, { caller, org, wanted: packagesWanted(packages), at })
    return shownCart(context)
  },
})
