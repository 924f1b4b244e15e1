import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export {
  detailOfRules,
  rulesOfDetail,
  SPENDING_DETAIL_TYPE,
  type SpendingDetail,
  spendingDetail,
} from './authorization-details.ts'
export { VendorUnknown } from './errors.ts'
export { releaseHold, settleHold } from './hold-store.ts'
export { assertMaySpend, holdSpending, recheckSpending } from './hold-spending.ts'
export { assertNotStopped, setKillSwitch, spendingStoppedSince } from './kill-switch.ts'
export {
  isSpendingRule,
  type SpendingLimit,
  type SpendingRules,
  type SpendingSettings,
  spendingSettings,
} from './rules.ts'
export { findRules } from './rules-store.ts'
export { setRulesIn, setSpendingRules } from './set-rules.ts'
export { spendingOf, type SpendingOverview } from './spending-of.ts'

/** The codes of all refusals of `spending`. */
export type SpendingCode = CodesIn<typeof refusals>
