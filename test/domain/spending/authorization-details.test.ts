import { expect, test } from 'vitest'
import {
  detailOfRules,
  rulesOfDetail,
  SPENDING_DETAIL_TYPE,
  type SpendingDetail,
  spendingDetail,
  type SpendingRules,
} from '#domain/spending'

const DETAIL: SpendingDetail = {
  type: 'packagento_spending',
  limits: [
    { currency: 'EUR', per_purchase: '500.00', per_day: '1000.00', per_month: '5000.00' },
    { currency: 'JPY', per_purchase: '500', per_day: '600', per_month: '700' },
  ],
  vendors: ['northwind'],
  subscriptions: true,
}
const RULES: SpendingRules = {
  limits: [
    { currency: 'EUR', perPurchase: 50_000, perDay: 100_000, perMonth: 500_000 },
    { currency: 'JPY', perPurchase: 500, perDay: 600, perMonth: 700 },
  ],
  vendors: ['northwind'],
  subscriptions: true,
}

test('an authorization detail and the rules that it asks for say the same', () => {
  expect(rulesOfDetail(spendingDetail.parse(DETAIL))).toEqual(RULES)
  expect(detailOfRules(RULES)).toEqual(DETAIL)
  expect(DETAIL.type).toBe(SPENDING_DETAIL_TYPE)
})

test('a detail that leaves out vendors and subscriptions allows all vendors and no subscription', () => {
  const { type, limits } = DETAIL

  const rules = rulesOfDetail(spendingDetail.parse({ type, limits }))

  expect(rules).toEqual({ limits: RULES.limits, vendors: 'all', subscriptions: false })
  expect(rulesOfDetail(detailOfRules(rules))).toEqual(rules)
})

const limit = DETAIL.limits[0]
test.for([
  ['another type', { type: 'payment_initiation' }],
  ['no limit', { limits: [] }],
  ['a currency twice', { limits: [limit, limit] }],
  ['a currency that is none', { limits: [{ ...limit, currency: 'euro' }] }],
  ['an amount as a number', { limits: [{ ...limit, per_day: 1000 }] }],
  ['a negative amount', { limits: [{ ...limit, per_day: '-1' }] }],
  ['an amount with a comma', { limits: [{ ...limit, per_day: '1,000' }] }],
  ['a missing amount', { limits: [{ currency: 'EUR', per_purchase: '1', per_day: '1' }] }],
  ['no vendor', { vendors: [] }],
  ['a vendor that is no slug', { vendors: ['<script>'] }],
  ['a field that we do not know', { per_year: '1' }],
] as const)('a detail with %s is refused', ([, changed]) => {
  expect(spendingDetail.safeParse({ ...DETAIL, ...changed }).success).toBe(false)
})
