import type { billingOn } from '#domain/billing'
import { recheckWaitingPurchase } from '#domain/orders'
import { spendingSettings } from '#domain/spending'
import type { Db } from '#platform/database'

/** Limits that no test reaches by chance. */
export const NO_SPENDING_LIMITS = spendingSettings({
  currencies: ['EUR'],
  perPurchase: 99_999_999,
  perDay: 99_999_999,
  perMonth: 99_999_999,
  purchasesPerHour: 99_999_999,
})

/** The limits of a deployment that sets none. */
export const DEFAULT_SPENDING = spendingSettings({
  currencies: ['EUR', 'USD'],
  perPurchase: 500,
  perDay: 1_000,
  perMonth: 5_000,
  purchasesPerHour: 50,
})

/** A connection may spend exactly the price of module-search, so an amount that counts twice is refused. */
export const ONE_PURCHASE = spendingSettings({
  currencies: ['EUR'],
  perPurchase: 49,
  perDay: 49,
  perMonth: 49,
  purchasesPerHour: 1,
})

/** For `billingOn`. */
export const recheckIn =
  (db: Db, spending = NO_SPENDING_LIMITS): Parameters<typeof billingOn>[0]['recheck'] =>
  (purchase) =>
    recheckWaitingPurchase(db, { ...purchase, spending })
