import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export {
  askForDueSyncs,
  askForSync,
  askOnce,
  beginPackageSync,
  endSync,
  lastRequest,
} from './ask-for-sync.ts'
export {
  assertNamespace,
  type CreatedPackage,
  createPackage,
  deletePackage,
  lockAdoption,
} from './create-package.ts'
export { PackageFollowsNoRepository, PackageIsNotOfThisOrg } from './errors.ts'
export { assertMayStillPublish } from './publisher.ts'
export { lookAtSync, noteTagProgress } from './look-at-sync.ts'
export { newestVersionTag, planTags } from './plan-tags.ts'
export { type PublicationProgress, publicationProgress } from './progress.ts'
export { type PublishedPackage, publishedFrom } from './published-from.ts'
export {
  findPublication,
  noteManifest,
  openPublications,
  type Publication,
  publicationRequest,
  type PublicationRef,
} from './publication-store.ts'
export { assertMayStill, publishingVendor } from './publisher.ts'
export { awaitConsent, reachRepository, refusalFor } from './repository-access.ts'
export { followsAnotherRepository, packageOfOrg, repositoryOfPackage } from './repository-of-package.ts'

/** The codes of all refusals of `publications`. */
export type PublicationsCode = CodesIn<typeof refusals>
