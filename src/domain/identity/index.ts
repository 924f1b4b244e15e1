import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { chooseActiveOrg } from './active-org.ts'
export { countAttempt } from './attempts.ts'
export { countInvitation } from './invitation-limits.ts'
export { addCustomerOnce, lockCustomer, setEmail, setPassword } from './customer-changes.ts'
export { addCustomer, findCredentials, normalEmail } from './customer-store.ts'
export { enterCode } from './enter-code.ts'
export {
  PasswordNeededAgain,
  PasswordRefused,
  TooManySignIns,
  WrongCode,
  WrongEmailOrPassword,
  WrongPassword,
} from './errors.ts'
export { countGuess, forgetGuesses, guessLimits } from './guess-limits.ts'
export { isKnownNetwork } from './known-networks.ts'
export { assertOperator, setOperator } from './operators.ts'
export { checkNewPassword } from './password-rules.ts'
export { openPasswords, type Passwords } from './passwords.ts'
export {
  confirmSecondFactor,
  removeSecondFactor,
  renewRecoveryCodes,
  type Sealing,
  secondFactorOf,
  type SecurityChange,
  startSecondFactor,
} from './second-factor.ts'
export { endSession, type ListedSession, listSessions, signOutEverywhere } from './session-list.ts'
export {
  endSessions,
  findHalfSession,
  findSession,
  holdSession,
  openSession,
  type Origin,
  type Session,
  shortNetwork,
  signOut,
  sweepSessions,
} from './session-store.ts'
export { signIn, type SignIn } from './sign-in.ts'

/** The codes of all refusals of `identity`. */
export type IdentityCode = CodesIn<typeof refusals>
