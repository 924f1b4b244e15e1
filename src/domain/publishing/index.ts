import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { advisoriesOf, type Advisory, fileAdvisory, type NewAdvisory } from './advisories.ts'
export { blockVersion } from './block-version.ts'
export { type Check, type Inspected } from './checks/check.ts'
export { phpFiles, phpSyntaxCheck } from './checks/php-syntax.ts'
export { checkVersion } from './checks/check-version.ts'
export { deriveMissing } from './compatibility/derive-missing.ts'
export { heldBack } from './cooldown.ts'
export { type Download, recordDownloads } from './downloads.ts'
export { isMetapackage } from './manifest/manifest.ts'
export type { Manifest } from './manifest/subject.ts'
export { readNewManifest } from './new-manifest.ts'
export { type MissingDependency, missingDependencies, requirementsOfNewest } from './missing-dependencies.ts'
export { noteMissing, reportMissing } from './report-missing.ts'
export { type ObservedTags, observeTags, type Tag } from './observe-tags.ts'
export { offeredVersions } from './offered-versions.ts'
export { refreshCoverage } from './coverage.ts'
export { shownText } from './shown-text.ts'
export { breakingFault } from './manifest/manifest.ts'
export { type NewVersion, publishVersion } from './publish-version.ts'
export {
  decisionOfEach,
  pendingTags,
  publishTag,
  readManifest,
  skipTag,
  type TagDecision,
} from './publish-tag.ts'
export { fieldOf } from './manifest/fault.ts'
export { isLink, isPlatform, isShownConstraint } from './manifest/links.ts'
export {
  blockedVersions,
  type ServedVersion,
  versionDetails,
  type VersionDetails,
  versionsOf,
} from './served-versions.ts'
export { linksOfMany, type VersionOfMany, versionsOfMany, versionsRead } from './versions-of-many.ts'
export { isSkipReason } from './skip-reasons.ts'
export { skippedSentence, taggedVersion, versionOfTag } from './tag.ts'
export { checksOf, checksOfVersion } from './version-checks.ts'
export { withdrawVersion } from './withdraw-version.ts'

/** The codes of all refusals of `publishing`. */
export type PublishingCode = CodesIn<typeof refusals>
