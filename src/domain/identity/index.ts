import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export * from './customer-store.ts'
export * from './errors.ts'
export * from './operators.ts'
export * from './passwords.ts'
export { findSession, type Session, signOut } from './session-store.ts'
export * from './sign-in.ts'

/** The codes that identity refuses with. */
export type IdentityCode = CodesIn<typeof refusals>
