import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export * from './activate-licence.ts'
export * from './activation-store.ts'
export * from './deactivate-licence.ts'
export * from './entitlements.ts'
export * from './errors.ts'
export * from './licence.ts'
export * from './licence-reads.ts'
export * from './licence-store.ts'
export * from './move-activation.ts'

/** The codes that licensing refuses with. */
export type LicensingCode = CodesIn<typeof refusals>
