import { z } from 'zod'
import { type Cart, type CartItem, readCart } from '#domain/cart'
import type { Refusal } from '#kernel/errors'
import { edition, money, shownMoney } from '#kernel/schemas'
import { foreignName } from '../../call/foreign-text.ts'
import { nextStepAfter } from '../../call/next-steps.ts'
import { briefly } from '../../call/shape.ts'
import type { OrgContext } from '../../call/tool.ts'

const problem = z.looseObject({ code: z.string(), message: z.string(), next_step: z.string() })

/** The org's cart, as every cart tool returns it. */
export const cartView = z.looseObject({
  org: z.string(),
  items: z.array(
    z.looseObject({
      package: z.string(),
      edition: edition.optional().describe("Absent: the project's edition"),
      model: z.enum(['free', 'one_time', 'yearly']).optional(),
      price: money.optional(),
      problem: problem.optional().describe('Why it cannot be bought any more'),
      being_checked_out: z.boolean().optional(),
      added_by: z.string(),
      added_at: z.string(),
    }),
  ),
  totals: z.array(money).describe('One per currency'),
})

/** The cart after a change. */
export const changedCart = cartView.extend({ items: briefly(cartView.shape.items, 'As in get_cart') })

/** Returns the current cart, including what the call has just changed. */
export async function shownCart({ db, org }: OrgContext): Promise<z.input<typeof cartView>> {
  const cart: Cart = await readCart(db, org.id)
  return { org: org.slug, items: cart.items.map(shownItem), totals: cart.totals.map(shownMoney) }
}

const shownItem = ({ price, problem: why, isHeld, ...item }: CartItem) => ({
  package: item.package,
  ...(item.edition && { edition: item.edition }),
  ...(price && { model: price.model, price: shownMoney(price) }),
  ...(why && { problem: shownProblem(why) }),
  ...(isHeld && { being_checked_out: true }),
  added_by: foreignName(item.addedBy),
  added_at: item.addedAt.toISOString(),
})

const shownProblem = (why: Refusal) => ({
  code: why.code,
  message: why.message,
  next_step: nextStepAfter(why),
})
