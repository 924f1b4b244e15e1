import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { advisoriesOf, type Advisory, fileAdvisory, type NewAdvisory } from './advisories.ts'
export { blockVersion } from './block-version.ts'
export { heldBack } from './cooldown.ts'
export { type Download, recordDownloads } from './downloads.ts'
export { offeredVersions } from './offered-versions.ts'
export { breakingFault } from './manifest/manifest.ts'
export { type NewVersion, publishVersion } from './publish-version.ts'
export { fieldOf } from './manifest/fault.ts'
export { isLink } from './manifest/links.ts'
export {
  blockedVersions,
  type ServedVersion,
  versionDetails,
  type VersionDetails,
  versionsOf,
} from './served-versions.ts'
export { versionOfTag } from './tag.ts'

/** The codes of all refusals of `publishing`. */
export type PublishingCode = CodesIn<typeof refusals>
