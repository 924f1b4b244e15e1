import type { StoryCode } from '#contracts/refusals'
import type { AccountsCode } from '#domain/accounts'
import type { BillingCode } from '#domain/billing'
import type { CartCode } from '#domain/cart'
import type { CatalogueCode } from '#domain/catalogue'
import type { ConnectionsCode } from '#domain/connections'
import type { GitCode } from '#domain/git'
import type { IdentityCode } from '#domain/identity'
import type { LicensingCode } from '#domain/licensing'
import type { OffersCode } from '#domain/offers'
import type { OperationsCode } from '#domain/operations'
import type { InvoicesCode } from '#domain/invoices'
import type { OrdersCode } from '#domain/orders'
import type { OrgsCode } from '#domain/orgs'
import type { ProjectsCode } from '#domain/projects'
import type { PublicationsCode } from '#domain/publications'
import type { PublishingCode } from '#domain/publishing'
import type { ResolutionCode } from '#domain/resolution'
import type { SpendingCode } from '#domain/spending'
import type { TeamCode } from '#domain/team'
import type { TransparencyCode } from '#domain/transparency'
import type { VendorsCode } from '#domain/vendors'
import type { CodesIn, Params } from '#kernel/errors'
import type { GitReaderCode } from '#platform/git'
import { html, type Html } from './html.ts'
import { type NextStep, textOf } from './next-step.ts'
import { VENDOR, VENDOR_NEXT_STEPS } from './vendor/next-steps.ts'
import { GIT, GIT_STEPS } from './git-next-steps.ts'
import { BUYING_STEPS } from './buying-next-steps.ts'
import { LICENCE_STEPS } from './licence-next-steps.ts'
import { TEAM_STEPS } from './team-next-steps.ts'
import type * as log from '../log/errors.ts'
import type * as ownSite from './own-site.ts'
import { oneOf } from './role-refusals.ts'
import { PROJECT_STEPS, type SharingCode } from './project-next-steps.ts'
import { type CodeOfPublishingOnly, PACKAGE_STEPS } from './package-next-steps.ts'

/** Every code that a page may refuse with, or that an operation on a page may have failed with. */
export type PageCode = Exclude<
  | AccountsCode
  | BillingCode
  | CartCode
  | CatalogueCode
  | CodesIn<typeof log>
  | CodesIn<typeof ownSite>
  | ConnectionsCode
  | GitCode
  | GitReaderCode
  | IdentityCode
  | LicensingCode
  | OffersCode
  | OperationsCode
  | InvoicesCode
  | OrdersCode
  | OrgsCode
  | ProjectsCode
  | PublicationsCode
  | PublishingCode
  | ResolutionCode
  | SharingCode
  | SpendingCode
  | TeamCode
  | TransparencyCode
  | VendorsCode
  | StoryCode,
  CodeOfToolsOnly
>

/** No page refuses with these codes, and no operation fails with them. */
type CodeOfToolsOnly =
  | CodeOfPublishingOnly
  | 'active_org_lost'
  | 'cooldown_only_raised'
  | 'owners_only_in_browser'

const PUBLISH_AGAIN = { text: 'Correct the repository, then ask your assistant to publish it again.' }
const CARDS = { href: '/account/payment-methods', text: 'See the saved cards.' }
const SIGN_IN = { href: '/sign-in?continue=/account/integrations', text: 'Sign in again.' }
const INTEGRATIONS = { href: '/account/integrations', text: 'See your assistants.' }
const ACCOUNT = { href: '/account/security', text: 'See your sign-in settings.' }
const SHOP = { href: '/', text: 'See all packages.' }
const OVERVIEW = { href: '/account', text: 'Go to the overview.' }
const LOG = { href: '/log', text: 'See the log.' }

const ANOTHER_CARD: NextStep = {
  text: 'Add another card, then ask your assistant to buy again.',
  link: CARDS,
}
const CONFIRM = {
  text: 'Ask your assistant to buy again, and confirm the payment or use another card.',
  link: CARDS,
}
const ANOTHER_PACKAGE: NextStep = { text: 'Choose another package.', link: SHOP }
const ANOTHER_PROJECT = { text: 'Tell your assistant which project it is for.' }
const ASK_AGAIN = { text: 'Ask your assistant to begin again.' }
const CHANGE_RULES = { text: 'You can change what this assistant may buy.', link: INTEGRATIONS }
const WE_LOOK = { text: 'You need to do nothing. Look again later, and do not buy it again.' }

/** What a person can do next after each refusal, in the words of our pages. */
export const NEXT_STEPS = {
  access_was_not_granted: { text: 'Begin again when you have the time.', link: GIT },
  authentication_refused: CONFIRM,
  cancelled: ASK_AGAIN,
  card_check_failed: ANOTHER_CARD,
  card_declined: ANOTHER_CARD,
  card_expired: ANOTHER_CARD,
  cart_is_being_checked_out: { text: 'Wait until that is over.' },
  cart_is_empty: { text: 'Tell your assistant what you want to buy.', link: SHOP },
  connection_not_found: { text: 'It may have been removed meanwhile.', link: INTEGRATIONS },
  connect_request_over: { text: 'Go back to your application and connect again.' },
  cooldown_invalid: { text: 'Go back and correct it.' },
  could_not_be_delivered: { text: 'Ask your assistant to buy again.' },
  could_not_be_started: { text: 'Try again in a minute.' },
  currency_not_allowed: CHANGE_RULES,
  quote_malformed: { text: 'Ask your assistant for a new price.' },
  edition_not_sold: ({ sold }) => ({
    text: textOf(sold) ? `It is sold for: ${textOf(sold)}.` : 'It cannot be bought by itself.',
    link: SHOP,
  }),
  email_not_valid: { text: 'Check it, and send it again.' },
  foreign_form: { text: 'Open the page on this site and send its form.' },
  name_not_in_namespace: PUBLISH_AGAIN,
  no_vendor: { text: 'Apply as a vendor first.', link: VENDOR },
  no_version_tags: PUBLISH_AGAIN,
  package_has_another_repository: PUBLISH_AGAIN,
  package_has_no_repository: PUBLISH_AGAIN,
  vendor_not_approved: { text: 'Wait until the market has approved the vendor.', link: VENDOR },
  vendor_not_named: { text: 'Tell your assistant for which vendor it should publish.' },
  vendor_not_of_org: { text: 'Tell your assistant for which vendor it should publish.' },
  idempotency_key_reused: ASK_AGAIN,
  insufficient_funds: ANOTHER_CARD,
  internal_error: WE_LOOK,
  invalid_input: { text: 'Ask your assistant to correct it.' },
  licence_has_no_free_slot: ASK_AGAIN,
  licence_suspended: {
    text: 'Wait until the dispute is settled. It cannot be bought a second time meanwhile.',
  },
  link_not_valid: { text: 'Ask for a new link.', link: { href: '/reset-password', text: 'Get one.' } },
  log_entry_not_found: { text: 'Ask for an entry that the head has.', link: LOG },
  log_query_invalid: { text: 'Correct it and ask again.', link: LOG },
  log_size_invalid: { text: 'Read the head first.', link: LOG },
  mixed_currencies: { text: 'Ask your assistant to buy them one by one.' },
  name_not_valid: { text: 'Correct it, and send it again.' },
  not_allowed: ({ roles }) => ({
    text: Array.isArray(roles)
      ? `Ask ${oneOf(roles)} of the org.`
      : 'Connect your assistant again, then ask it to buy again.',
    ...(roles && { link: OVERVIEW }),
  }),
  not_an_operator: { text: 'Ask an operator of this market.' },
  operation_is_over: ASK_AGAIN,
  operation_lost: ASK_AGAIN,
  operation_not_found: ASK_AGAIN,
  org_not_found: { text: 'Choose one of your orgs.', link: CARDS },
  package_not_for_sale: ANOTHER_PACKAGE,
  package_not_found: ANOTHER_PACKAGE,
  password_needed_again: { text: 'Sign in again.', link: { href: '/sign-in', text: 'Sign in.' } },
  password_refused: { text: 'Choose another one.' },
  payment_provider_away: { text: 'Try again in a minute.' },
  payment_cannot_be_confirmed: {
    text: 'Ask your assistant to cancel it and to buy again with another card.',
    link: CARDS,
  },
  payment_method_not_found: { text: 'It may have been removed meanwhile.', link: CARDS },
  payment_method_refused: { text: 'Choose another card, or add one.', link: CARDS },
  payment_refused: { text: 'Somebody has to look at this. Try another card meanwhile.', link: CARDS },
  price_changed: ({ price }) => ({
    text: `It costs ${textOf(price)} now. Ask your assistant to buy it at that price.`,
  }),
  project_archived: ANOTHER_PROJECT,
  project_not_found: ANOTHER_PROJECT,
  purchase_interrupted: ASK_AGAIN,
  device_may_not_buy: { text: 'Connect it in a browser on its own machine.', link: INTEGRATIONS },
  sign_in_too_old: { text: 'Sign in again, then do it once more.', link: SIGN_IN },
  too_many_receipt_addresses: { text: 'Wait an hour.' },
  spending_limit_reached: ({ limit }) =>
    limit === 'purchases_per_hour' ? { text: 'Wait an hour, then ask your assistant again.' } : CHANGE_RULES,
  spending_stopped: {
    text: 'An owner, admin or billing member of the org may allow it again.',
    link: INTEGRATIONS,
  },
  subscription_not_allowed: CHANGE_RULES,
  second_factor_is_off: { text: 'Look at your settings.', link: ACCOUNT },
  second_factor_is_on: { text: 'Look at your settings.', link: ACCOUNT },
  session_not_found: { text: 'You need to do nothing.', link: ACCOUNT },
  temporarily_unavailable: ({ wait }) => ({ text: `Try again in ${textOf(wait) || 'some minutes'}.` }),
  too_many_device_codes: waitMinutes,
  too_many_requests: waitMinutes,
  too_many_sign_ins: waitOrSignInOtherwise,
  too_late_to_cancel: { text: 'It ends by itself.', link: { href: '/account', text: 'See what is open.' } },
  undo_failed: WE_LOOK,
  unknown_host: { text: 'Use the address you know.' },
  vendor_not_allowed: CHANGE_RULES,
  vendor_not_found: { text: 'Enter the first part of its package names, such as northwind.' },
  vendor_not_ready: { text: 'Leave out the paid packages of this vendor; nobody can buy them yet.' },
  ...VENDOR_NEXT_STEPS,
  wait_expired: ({ waited_for }) => WAITED_FOR[textOf(waited_for)] ?? CONFIRM,
  ...GIT_STEPS,
  ...PACKAGE_STEPS,
  ...TEAM_STEPS,
  ...PROJECT_STEPS,
  ...BUYING_STEPS,
  ...LICENCE_STEPS,
  wrong_code: { text: 'Enter the one that your app shows now, or a recovery code.' },
  wrong_email_or_password: { text: 'Check both and try again.' },
  wrong_password: { text: 'Check it, and try again.' },
} satisfies Record<PageCode, NextStep | ((params: Params) => NextStep)>

function waitMinutes({ minutes }: Params): NextStep {
  return { text: `Wait ${textOf(minutes)} ${minutes === 1 ? 'minute' : 'minutes'}, then try again.` }
}

function waitOrSignInOtherwise(params: Params): NextStep {
  const wait = waitMinutes(params)
  if (params['instead'] === 'recovery_code')
    return {
      text: `${wait.text} A recovery code still works.`,
      link: { href: '/sign-in/code', text: 'Enter one.' },
    }
  if (params['instead'] !== 'mailed_link') return wait
  return {
    text: `${wait.text} Or sign in by a link in a mail:`,
    link: { href: '/reset-password', text: 'choose a new password.' },
  }
}

const WAITED_FOR: Record<string, NextStep> = {
  vendor_approval: { text: 'Ask the operator of this market.', link: VENDOR },
  card: { text: 'Begin again when you have it at hand.', link: CARDS },
  card_to_charge: { text: 'Add a card, then ask your assistant to buy again.', link: CARDS },
}

/** Returns the next step, or undefined for a code that no page knows. */
export function nextStepAfter({ code, params = {} }: { code: string; params?: Params | undefined }) {
  if (!isPageCode(code)) return undefined
  const step: NextStep | ((params: Params) => NextStep) = NEXT_STEPS[code]
  return typeof step === 'function' ? step(params) : step
}

const isPageCode = (code: string): code is PageCode => Object.hasOwn(NEXT_STEPS, code)

export const shownStep = ({ text, link }: NextStep): Html =>
  html`${text} ${link && html`<a href="${link.href}">${link.text}</a>`}`
