import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { type Obstacle, OBSTACLES } from './offer-state.ts'
export {
  orgOfPackage,
  ownPackage,
  type OwnPackage,
  ownPackages,
  type OwnVersion,
  ownVersions,
  type SkippedTag,
  skippedTags,
} from './package-reads.ts'
export { checkedPrices } from './prices.ts'
export { setVisibility } from './set-visibility.ts'
export type { SyncState } from './sync-state.ts'
export { previewUpdate, updatePackage } from './update-package.ts'

/** The codes of all refusals of `offers`. */
export type OffersCode = CodesIn<typeof refusals>
