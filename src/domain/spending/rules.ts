import { type Money, minorUnitsIn, moneyText } from '#kernel/money'
import {
  CurrencyNotAllowed,
  type LimitReached,
  SpendingLimitReached,
  SubscriptionNotAllowed,
  VendorNotAllowed,
} from './errors.ts'

/** What a connection may spend in one currency, in minor units. Days and months are UTC. */
export interface SpendingLimit {
  currency: string
  perPurchase: number
  perDay: number
  perMonth: number
}

export interface SpendingRules {
  /** A currency without a limit may not be spent. */
  limits: readonly SpendingLimit[]
  /** Slugs of the vendors from whom it may buy. */
  vendors: 'all' | readonly string[]
  /** Whether it may buy yearly licences. */
  subscriptions: boolean
}

/** The settings of the deployment. */
export interface SpendingSettings {
  /** The rules of a connection for which nobody set any. */
  defaults: SpendingRules
  /** Applies to every connection, whatever its rules are. */
  purchasesPerHour: number
}

/** The settings as they are configured: amounts in major units, the same for each currency. */
export interface ConfiguredSpending {
  currencies: readonly string[]
  perPurchase: number
  perDay: number
  perMonth: number
  purchasesPerHour: number
}

export function spendingSettings(configured: ConfiguredSpending): SpendingSettings {
  const limits = configured.currencies.map((currency) => ({
    currency,
    perPurchase: inMinorUnits(configured.perPurchase, currency),
    perDay: inMinorUnits(configured.perDay, currency),
    perMonth: inMinorUnits(configured.perMonth, currency),
  }))
  const { purchasesPerHour } = configured
  return { defaults: { limits, vendors: 'all', subscriptions: true }, purchasesPerHour }
}

function inMinorUnits(major: number, currency: string): number {
  const minor = minorUnitsIn(String(major), currency)
  if (minor === undefined) throw new RangeError(`${major} ${currency} is no limit`)
  return minor
}

/** What a purchase buys. Packages that the org already has do not count. */
export interface Spending {
  cost: Money
  /**
   * The part of the cost that counts for this day, and for this month. While no part is paid, this is the whole cost.
   */
  today: number
  thisMonth: number
  /** Slugs. */
  vendors: readonly string[]
  hasSubscription: boolean
}

/** What the other purchases of a connection cost in one currency. Purchases that are not decided yet count as paid. */
export interface Used {
  today: number
  thisMonth: number
}

/**
 * Refuses a purchase that the rules do not allow: `vendor_not_allowed`, `subscription_not_allowed`,
 * `currency_not_allowed`, `spending_limit_reached`.
 */
export function assertWithinRules(rules: SpendingRules, spending: Spending, used: Used): void {
  const { vendors } = rules
  if (vendors !== 'all')
    for (const vendor of spending.vendors)
      if (!vendors.includes(vendor)) throw new VendorNotAllowed(vendor, vendors)
  if (spending.hasSubscription && !rules.subscriptions) throw new SubscriptionNotAllowed()
  const { cost } = spending
  if (cost.amountMinor === 0) return
  const limit = rules.limits.find(({ currency }) => currency === cost.currency)
  if (!limit)
    throw new CurrencyNotAllowed(
      cost.currency,
      rules.limits.map(({ currency }) => currency),
    )
  const left = leftOf(limit, used)
  const refuse = (reached: LimitReached, most: number, rest: number) => {
    const texts = [cost.amountMinor, most, rest].map((amount) => textIn(cost.currency, amount))
    throw new SpendingLimitReached(reached, ...(texts as [string, string, string]))
  }
  if (cost.amountMinor > limit.perPurchase) refuse('per_purchase', limit.perPurchase, left.nextPurchase)
  if (spending.today > left.today) refuse('per_day', limit.perDay, left.nextPurchase)
  if (spending.thisMonth > left.thisMonth) refuse('per_month', limit.perMonth, left.nextPurchase)
}

/** Whether a purchase was refused by the rules of its connection, and not because nobody may buy for it any more. */
export const isSpendingRule = (refusal: unknown): boolean =>
  [SpendingLimitReached, CurrencyNotAllowed, VendorNotAllowed, SubscriptionNotAllowed].some(
    (rule) => refusal instanceof rule,
  )

/** What a connection may still spend, in minor units. Never below 0. */
export interface Left {
  /** The most that its next purchase may cost. */
  nextPurchase: number
  today: number
  thisMonth: number
}

export function leftOf(limit: SpendingLimit, used: Used): Left {
  const today = Math.max(0, limit.perDay - used.today)
  const thisMonth = Math.max(0, limit.perMonth - used.thisMonth)
  return { nextPurchase: Math.min(limit.perPurchase, today, thisMonth), today, thisMonth }
}

const textIn = (currency: string, amountMinor: number) => moneyText({ amountMinor, currency })
