import { shownMoney } from '#kernel/schemas'
import { assertMay, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { cartToCheckOut } from './cart-checkout.ts'
import { planPurchase } from './plan.ts'
import { destinationOf, packagesWanted, type Purchase } from './purchase.ts'
import { issueQuote, QUOTE_LIFETIME } from './quote.ts'

/**
 * Returns what a purchase would do and cost, with a quote for that price. Writes nothing. A quote for a cart needs
 * the permission `fill_cart`, not `buy`. Refuses what `planPurchase` refuses, and for a cart what `cartToCheckOut`
 * refuses.
 */
export async function quotePurchase(
  db: Db,
  { org, input, at, quoteKey }: { org: OrgAccess; input: Purchase; at: Date; quoteKey: Buffer },
) {
  assertMay(org, input.packages ? 'buy' : 'fill_cart')
  const { project, edition } = await destinationOf(db, org, input)
  const wanted = input.packages ? packagesWanted(input.packages) : await cartToCheckOut(db, org.id)
  const plan = await planPurchase(db, { org: org.id, wanted, project, edition, at })
  return {
    quote: issueQuote(quoteKey, org.id, plan, at),
    expires_at: new Date(at.getTime() + QUOTE_LIFETIME).toISOString(),
    total: shownMoney(plan.total),
    lines: plan.items.map((item) => ({
      package: item.name,
      edition: item.edition,
      model: item.model,
      action: item.action,
      price: shownMoney(item.price),
    })),
  }
}
