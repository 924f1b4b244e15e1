import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { confirmEmailChange, requestEmailChange } from './change-email.ts'
export { changePassword } from './change-password.ts'
export { assertEmail } from './email.ts'
export { EmailNotValid, LinkNotValid, NameNotValid, TooManyRequests } from './errors.ts'
export { findLink, type MailLink } from './mail-links.ts'
export { openAccount } from './open-account.ts'
export { type LinkRequest, requestLink } from './request-link.ts'
export { resetPassword } from './reset-password.ts'
export { confirmSignUp } from './sign-up.ts'

/** The codes of all refusals of `accounts`. */
export type AccountsCode = CodesIn<typeof refusals>
