import { asRefusal, DomainError, type Refusal } from '#kernel/errors'
import type { ConnectionId, OrgId } from '#kernel/ids'
import { shownMoney } from '#kernel/schemas'
import { assertMay, type OrgAccess } from '#domain/orgs'
import { assertMaySpend, spendingOf, type SpendingSettings } from '#domain/spending'
import type { Db } from '../../platform/database.ts'
import { cartToCheckOut } from './cart-checkout.ts'
import { boughtIn, type Plan, planPurchase } from './plan.ts'
import { destinationOf, packagesWanted, type Purchase } from './purchase.ts'
import { issueQuote, QUOTE_LIFETIME } from './quote.ts'

export interface QuoteWanted {
  org: OrgAccess
  input: Purchase
  at: Date
  quoteKey: Buffer
  /** The connection that would buy. Absent in the browser, where there is no spending limit. */
  spender?: { connection: ConnectionId; settings: SpendingSettings }
}

/**
 * Returns what a purchase would do and cost, with a quote for that price. Writes nothing. A quote for a cart needs
 * the permission `fill_cart`, not `buy`. For a connection it also says what is left of its spending limits, and whether
 * they allow the purchase now. Refuses what `planPurchase` refuses, and for a cart what `cartToCheckOut` refuses.
 */
export async function quotePurchase(db: Db, { org, input, at, quoteKey, spender }: QuoteWanted) {
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
    spending: spender && (await quotedSpending(db, plan, { ...spender, org: org.id, at })),
  }
}

interface Spender {
  connection: ConnectionId
  org: OrgId
  settings: SpendingSettings
  at: Date
}

/** The most that the next purchase of the connection may cost. If the rules refuse this purchase, also the refusal. */
async function quotedSpending(db: Db, plan: Plan, spender: Spender) {
  const bought = boughtIn(plan)
  if (!bought) return undefined
  const { currency } = plan.total
  const { currencies } = await spendingOf(db, spender)
  const amountMinor = currencies.find(({ limit }) => limit.currency === currency)?.left.nextPurchase ?? 0
  return {
    left: shownMoney({ amountMinor, currency }),
    refusal: await refusalOf(assertMaySpend(db, { ...bought, ...spender, cost: plan.total })),
  }
}

async function refusalOf(check: Promise<void>): Promise<Refusal | undefined> {
  try {
    await check
    return undefined
  } catch (error) {
    if (!(error instanceof DomainError)) throw error
    return asRefusal(error)
  }
}
