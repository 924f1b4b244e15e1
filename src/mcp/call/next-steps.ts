import type { StoryCode } from '#contracts/refusals'
import type { AccountsCode } from '#domain/accounts'
import type { BillingCode } from '#domain/billing'
import type { CartCode } from '#domain/cart'
import type { CatalogueCode } from '#domain/catalogue'
import type { ConnectionsCode } from '#domain/connections'
import type { GitCode } from '#domain/git'
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
import type { VendorsCode } from '#domain/vendors'
import type { CodesIn, Params } from '#kernel/errors'
import type { ArchiveCode } from '#platform/archives'
import type { GitReaderCode } from '#platform/git'
import type * as own from './errors.ts'
import { type NextStep, textOf } from './next-step.ts'
import { BUYING_STEPS } from './buying-next-steps.ts'
import { GIT_STEPS } from './git-next-steps.ts'
import { OFFER_STEPS } from './offer-next-steps.ts'
import { SHARING_STEPS, type SharingCode } from './sharing-next-steps.ts'
import { afterInvalidInput } from './invalid-input-steps.ts'
import { notAllowed } from './role-next-steps.ts'
import { TEAM_STEPS, type TeamCodeOfPagesOnly } from './team-next-steps.ts'
import { VENDOR_NEXT_STEPS } from './vendor-next-steps.ts'

/** Every code that a tool may refuse with, or that an operation may have failed with. */
export type McpCode = Exclude<
  | Extract<AccountsCode, 'email_not_valid'>
  | ArchiveCode
  | BillingCode
  | CartCode
  | CatalogueCode
  | CodesIn<typeof own>
  | ConnectionsCode
  | GitCode
  | GitReaderCode
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
  | VendorsCode
  | StoryCode,
  CodeOfPagesOnly
>

/** Codes about pages of providers and Git hosts, the consent page, spending rules or a project. No tool opens one. */
type CodeOfPagesOnly =
  | TeamCodeOfPagesOnly
  | 'application_not_found'
  | 'application_over'
  | 'connect_request_over'
  | 'connection_not_found'
  | 'cooldown_invalid'
  | 'payment_cannot_be_confirmed'
  | 'payment_provider_away'
  | 'device_may_not_buy'
  | 'git_code_refused'
  | 'git_consent_denied'
  | 'git_consent_over'
  | 'git_state_expired'
  | 'git_state_of_another_person'
  | 'git_state_unknown'
  | 'git_state_used'
  | 'sign_in_too_old'
  | 'too_many_device_codes'
  | 'vendor_not_found'

const ADD_A_CARD = 'Add another card by start_add_payment_method, then buy again with a new idempotency_key.'
const CONFIRM = 'Buy again with a new idempotency_key and confirm the payment, or use another card.'
const START_AGAIN = 'Start again with a new idempotency_key.'
const LOOK_LATER = 'Call get_operation later; do not start again with a new idempotency_key.'
const BUY_AGAIN = 'Buy another one by purchase_and_install_package.'
const LIST_TOKENS = 'Call list_project_tokens for one in use, or create_project_token.'
const TAG_AGAIN = 'Correct it and tag a new version.'
const TRY_AGAIN = 'Correct it and try again.'
const ASK_FOR_A_CHANGE = 'The user can change this connection at /account/integrations.'
const CORRECT_THE_REPOSITORY = 'Correct the repository and tag a new version.'

/** What a model can do next after each refusal. The texts name our tools. */
export const NEXT_STEPS = {
  access_was_not_granted: 'Start again with a new idempotency_key when the user is there to open the URL.',
  active_org_lost: 'Call list_orgs, then set_active_org or pass org.',
  advisory_exists: 'File an advisory only for what is new, without the CVE.',
  affected_versions_invalid: TRY_AGAIN,
  already_installed: ({ from }) => `Call deactivate_licence for ${textOf(from)} to free its slot there.`,
  archive_does_not_fit_type: TAG_AGAIN,
  archive_too_large: CORRECT_THE_REPOSITORY,
  authentication_refused: CONFIRM,
  broken_archive: CORRECT_THE_REPOSITORY,
  cancelled: START_AGAIN,
  card_check_failed: ADD_A_CARD,
  card_declined: ADD_A_CARD,
  card_expired: ADD_A_CARD,
  cooldown_only_raised: ({ project }) => `The user can lower it at /account/projects/${textOf(project)}.`,
  could_not_be_delivered: 'Buy again with a new idempotency_key.',
  could_not_be_started: START_AGAIN,
  covers_too_many_packages: 'Split the metapackage.',
  currency_not_allowed: ({ allowed }) =>
    `${textOf(allowed) && `It may spend: ${textOf(allowed)}. `}${ASK_FOR_A_CHANGE}`,
  cve_invalid: TRY_AGAIN,
  file_too_large: CORRECT_THE_REPOSITORY,
  idempotency_key_malformed: 'Use a random text such as a UUID, and the same one for every retry.',
  idempotency_key_reused:
    'Repeat the first request unchanged, in the same org, or use a new idempotency_key for a new action.',
  insufficient_funds: ADD_A_CARD,
  insufficient_scope: 'Ask the user to tick that scope at /account/integrations, then call again.',
  internal_error: ({ request_id }) =>
    request_id
      ? 'Try again with the same input and idempotency_key; if it fails again, report the request_id.'
      : LOOK_LATER,
  invalid_input: (facts, field) => afterInvalidInput(facts) ?? correct(textOf(facts.fields) || field),
  licence_expired: BUY_AGAIN,
  licence_has_no_free_slot: 'Call move_activation, or buy another licence.',
  licence_not_active: 'Call get_licence to see where it is.',
  licence_not_found: 'Call list_licences.',
  licence_refunded: BUY_AGAIN,
  licence_reserved: 'Call list_operations and wait for the purchase to end.',
  licence_revoked: BUY_AGAIN,
  licence_suspended: ({ package: wanted }) =>
    `Wait until the dispute is settled${wanted ? '; it cannot be bought a second time meanwhile' : ''}.`,
  link_invalid: TRY_AGAIN,
  manifest_invalid: TAG_AGAIN,
  manifest_missing: TAG_AGAIN,
  name_not_in_namespace: ({ vendor }) =>
    `Name the package ${textOf(vendor)}/… in composer.json and tag a new version, or publish as the vendor of that name.`,
  no_vendor: 'Let an owner or admin call bootstrap_vendor first.',
  no_version_tags: 'Push a tag such as v1.0.0, then publish with a new idempotency_key.',
  not_a_version_tag: 'Tag versions as 1.2.0, v1.2.0 or 1.2.0-beta1.',
  not_allowed: notAllowed,
  operation_is_over: START_AGAIN,
  operation_lost: START_AGAIN,
  operation_not_found: 'Call list_operations.',
  invoice_differs: 'Tell the user to ask the operator of this market for it; do not call again.',
  invoice_not_found: 'Call list_invoices.',
  order_not_found: 'Call list_orders.',
  org_not_found: 'Call list_orgs.',
  package_not_found: ({ wanted_for }) =>
    wanted_for === 'publishing' ? 'Publish the package first.' : 'Call list_packages.',
  package_has_another_repository: 'Push the tags to the repository that the package is published from.',
  package_has_no_repository: 'Call publish_package with the URL of its repository.',
  payment_method_not_found: 'Call list_payment_methods, or leave payment_method out to use the default card.',
  payment_method_refused: 'Call list_payment_methods for another one, or start_add_payment_method.',
  payment_refused: 'Somebody has to look at this; try another card, with a new idempotency_key.',
  project_archived: ({ alternative }) => `Choose another project${orNew(alternative)}.`,
  project_not_found: ({ alternative }) => `Call list_projects${orNew(alternative)}.`,
  project_token_expired: LIST_TOKENS,
  project_token_not_found: 'Call list_project_tokens.',
  project_token_revoked: LIST_TOKENS,
  repository_moved: 'Publish its new URL.',
  repository_not_accessible: 'Call list_git_repositories to see what the org can read.',
  repository_unreadable: CORRECT_THE_REPOSITORY,
  purchase_interrupted: 'Buy it again with a new idempotency_key.',
  rate_limited: 'Wait for retry_after_ms, then call again with the same input.',
  spending_limit_reached: ({ limit }) =>
    limit === 'purchases_per_hour'
      ? 'Wait an hour.'
      : `${WAIT_OR_BUY_LESS[textOf(limit)] ?? ''}${ASK_FOR_A_CHANGE}`,
  too_many_receipt_addresses:
    'Wait for retry_after_ms, or let the user change it on the page of the billing details.',
  spending_stopped:
    'Ask the user: an owner, admin or billing member may allow it again at /account/integrations.',
  subscription_not_allowed: ASK_FOR_A_CHANGE,
  tag_not_observed: 'Push the tag again.',
  // with `wait` the call met an outage; else an operation has failed
  temporarily_unavailable: ({ wait }) =>
    `Try again in ${wait ? `${textOf(wait)}, with the same` : 'some minutes, with a new'} idempotency_key.`,
  tool_not_served_here:
    'Tell the user: this connection was added with a path that leaves tools out; /mcp serves all.',
  too_late_to_cancel: 'Call get_operation for its result.',
  too_many_tags: 'Delete old tags from the repository.',
  too_many_files: CORRECT_THE_REPOSITORY,
  undo_failed: LOOK_LATER,
  unsafe_path: CORRECT_THE_REPOSITORY,
  vendor_not_allowed: ({ allowed }) =>
    `${textOf(allowed) && `It may buy from: ${textOf(allowed)}. `}${ASK_FOR_A_CHANGE}`,
  vendor_not_approved: 'Wait for the approval by the operator; call list_vendors for its state.',
  vendor_not_named: ({ vendors }) => `Give vendor${textOf(vendors) && `, one of ${textOf(vendors)}`}.`,
  vendor_not_of_org: ({ vendors }) =>
    `Call list_vendors${textOf(vendors) && ` (there are ${textOf(vendors)})`}, or pass another org.`,
  vendor_not_ready: 'Leave out the paid packages of this vendor; nobody can buy them yet.',
  version_field_disagrees: 'Remove the field and tag a new version.',
  version_not_found: 'Call list_package_versions.',
  ...VENDOR_NEXT_STEPS,
  wait_expired: ({ waited_for }) => WAITED_FOR[textOf(waited_for)] ?? START_AGAIN,
  wrong_name: TAG_AGAIN,
  ...GIT_STEPS,
  ...OFFER_STEPS,
  ...TEAM_STEPS,
  ...SHARING_STEPS,
  ...BUYING_STEPS,
} satisfies Record<McpCode, NextStep>

const correct = (field: string) => `Correct ${field} and call again.`

const WAIT_OR_BUY_LESS: Record<string, string> = {
  per_purchase: 'Buy fewer packages at once. ',
  per_day: 'Buy less, or wait until midnight UTC. ',
  per_month: 'Buy less, or wait for the next month. ',
}

const WAITED_FOR: Record<string, string> = {
  card_to_charge: 'Add a card by start_add_payment_method, then buy again with a new idempotency_key.',
  confirmation: CONFIRM,
  vendor_approval:
    'Tell the user to ask the operator of this market; to wait again use a new idempotency_key.',
}

const orNew = (alternative: Params[string] | undefined) =>
  alternative === 'new_project' ? ', or give new_project' : ''

interface Refused {
  code: string
  params?: Params | undefined
  field?: string | undefined
}

/**
 * Returns the next step. Throws for a code without one. Check `hasNextStep` for a code that another release may have
 * stored.
 */
export function nextStepAfter({ code, params = {}, field = 'the input' }: Refused): string {
  if (!hasNextStep(code)) throw new Error(`there is no next step after ${code}`)
  const step: NextStep = NEXT_STEPS[code]
  return typeof step === 'function' ? step(params, field) : step
}

export const hasNextStep = (code: string): code is McpCode => Object.hasOwn(NEXT_STEPS, code)
