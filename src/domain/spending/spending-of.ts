import type { ConnectionId } from '#kernel/ids'
import type { Db } from '../../platform/database.ts'
import { sumsOf } from './hold-store.ts'
import { type Left, leftOf, type SpendingLimit, type SpendingRules, type SpendingSettings } from './rules.ts'
import { findRules } from './rules-store.ts'

export interface SpendingOverview {
  rules: SpendingRules
  /** Nobody set rules, so the defaults of the deployment apply. */
  isDefault: boolean
  /** For each currency that the connection may spend. */
  currencies: CurrencyOverview[]
}

/** Amounts in minor units. */
export interface CurrencyOverview {
  limit: SpendingLimit
  /** Includes purchases that are not decided yet. */
  usedToday: number
  usedThisMonth: number
  left: Left
}

/** The spending rules of a connection, what it spent on the UTC day and in the UTC month of `at`, and what is left. */
export async function spendingOf(
  db: Db,
  { connection, settings, at }: { connection: ConnectionId; settings: SpendingSettings; at: Date },
): Promise<SpendingOverview> {
  const stored = await findRules(db, connection)
  const rules = stored ?? settings.defaults
  const currencies: CurrencyOverview[] = []
  for (const limit of rules.limits) {
    const { others } = await sumsOf(db, { connection, currency: limit.currency, at })
    const { today: usedToday, thisMonth: usedThisMonth } = others
    currencies.push({ limit, usedToday, usedThisMonth, left: leftOf(limit, others) })
  }
  return { rules, isDefault: stored === undefined, currencies }
}
