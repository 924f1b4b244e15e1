import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { chooseActiveOrg } from './active-org.ts'
export { addCustomer, findCustomerByEmail } from './customer-store.ts'
export { TooManySignIns, WrongEmailOrPassword } from './errors.ts'
export { assertOperator } from './operators.ts'
export { openPasswords, type Passwords } from './passwords.ts'
export { findSession, type Session, signOut } from './session-store.ts'
export { signIn, type SignIn } from './sign-in.ts'

/** The codes of all refusals of `identity`. */
export type IdentityCode = CodesIn<typeof refusals>
