import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { advisoriesOf, type Advisory, fileAdvisory, type NewAdvisory } from './advisories.ts'
export { blockVersion } from './block-version.ts'
export { type Check, type Inspected } from './checks/check.ts'
export { phpFiles, phpSyntaxCheck } from './checks/php-syntax.ts'
export { checkVersion } from './checks/check-version.ts'
export { type Download, recordDownloads } from './downloads.ts'
export { isMetapackage, type Manifest } from './manifest.ts'
export { type ObservedTags, observeTags } from './observe-tags.ts'
export { offeredVersions } from './offered-versions.ts'
export { type NewVersion, publishVersion } from './publish-version.ts'
export {
  decisionOfEach,
  pendingTags,
  publishTag,
  readManifest,
  skipTag,
  type TagDecision,
} from './publish-tag.ts'
export { isLink } from './requirements.ts'
export {
  blockedVersions,
  type ServedVersion,
  versionDetails,
  type VersionDetails,
  versionsOf,
} from './served-versions.ts'
export { isSkipReason } from './skip-reasons.ts'
export { versionOfTag } from './tag.ts'
export { checksOf } from './version-checks.ts'

/** The codes of all refusals of `publishing`. */
export type PublishingCode = CodesIn<typeof refusals>
