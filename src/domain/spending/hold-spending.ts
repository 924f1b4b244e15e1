import type { ConnectionId, OrderId, OrgId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import type { Db } from '../../platform/database.ts'
import { TooManyPurchases } from './errors.ts'
import { insertHolds, type LineToHold, purchasesInLastHour, sumsOf } from './hold-store.ts'
import { assertNotStopped } from './kill-switch.ts'
import { assertWithinRules, type Spending, type SpendingSettings } from './rules.ts'
import { findRules, lockRules } from './rules-store.ts'

/** What a purchase, or a line of it, buys. */
export interface Bought {
  vendors: Spending['vendors']
  hasSubscription: boolean
}

export interface NewSpending extends Bought {
  connection: ConnectionId
  org: OrgId
  cost: Money
  settings: SpendingSettings
  at: Date
}

/**
 * Holds what the lines of a new order cost, if the rules of its connection allow the purchase. Locks the rules until
 * the end of the transaction, so that purchases at the same time never pass a limit together. Refuses
 * `spending_stopped`, and what `assertMaySpend` refuses.
 */
export async function holdSpending(
  tx: Db,
  { order, lines, ...spending }: NewSpending & { order: OrderId; lines: readonly LineToHold[] },
): Promise<void> {
  const { connection, at } = spending
  await lockRules(tx, connection)
  await assertMaySpend(tx, spending)
  await insertHolds(tx, { connection, order, lines, at })
}

/**
 * Refuses a purchase that would not be allowed now: `spending_stopped`, `vendor_not_allowed`,
 * `subscription_not_allowed`, `currency_not_allowed`, `spending_limit_reached`.
 */
export async function assertMaySpend(db: Db, spending: NewSpending): Promise<void> {
  const { connection, org, cost, settings, at } = spending
  await assertNotStopped(db, org)
  const { others } = await sumsOf(db, { connection, currency: cost.currency, at })
  const rules = (await findRules(db, connection)) ?? settings.defaults
  const all = { today: cost.amountMinor, thisMonth: cost.amountMinor }
  assertWithinRules(rules, { ...spending, ...all }, others)
  if (cost.amountMinor === 0) return
  const begun = await purchasesInLastHour(db, connection, at)
  if (begun >= settings.purchasesPerHour) throw new TooManyPurchases(settings.purchasesPerHour)
}

/**
 * Checks an order again before one of its lines is charged, because the rules or the stop of the org may have changed.
 * `cost` is the cost of the line; the limits apply to the whole order. Purchases that began later do not count until
 * they are paid. Refuses what `assertMaySpend` refuses.
 */
export async function recheckSpending(
  db: Db,
  { order, cost: { currency, amountMinor }, ...line }: NewSpending & { order: OrderId },
): Promise<void> {
  const { connection, org, settings, at } = line
  await assertNotStopped(db, org)
  const { own, others } = await sumsOf(db, { connection, currency, order, at })
  const rules = (await findRules(db, connection)) ?? settings.defaults
  // a free line costs nothing, whatever the other lines of its order cost
  const { cost, ...periods } = amountMinor ? own : NOTHING
  assertWithinRules(rules, { ...line, ...periods, cost: { amountMinor: cost, currency } }, others)
}

const NOTHING = { today: 0, thisMonth: 0, cost: 0 }
