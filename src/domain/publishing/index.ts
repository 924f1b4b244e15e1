import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export * from './advisories.ts'
export * from './block-version.ts'
export * from './downloads.ts'
export * from './errors.ts'
export * from './offered-versions.ts'
export * from './publish-version.ts'
export { isLink } from './requirements.ts'
export * from './served-versions.ts'
export * from './tag.ts'

/** The codes that publishing refuses with. */
export type PublishingCode = CodesIn<typeof refusals>
