import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { acceptShare, type OfferedShare, offeredShare } from './accept-share.ts'
export { endLinksBy, endSharesWith } from './end-shares.ts'
export { type ListedShare, listShares } from './list-shares.ts'
export { revokeShare } from './revoke-share.ts'
export { shareEnd } from './share-end.ts'
export { shareProject } from './share-project.ts'

/** The codes of all refusals of `sharing`. */
export type SharingCode = CodesIn<typeof refusals>
