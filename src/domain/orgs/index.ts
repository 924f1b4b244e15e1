import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export * from './access.ts'
export * from './errors.ts'
export * from './org-store.ts'

/** The codes that orgs refuses with. */
export type OrgsCode = CodesIn<typeof refusals>
