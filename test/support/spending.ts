import { spendingSettings } from '#domain/spending'

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
