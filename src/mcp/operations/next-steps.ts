import { bootstrapVendor } from '#contracts/bootstrap-vendor'
import { purchased } from '#contracts/purchase'
import type { Refusal } from '#kernel/errors'
import { hasNextStep, nextStepAfter } from '../call/next-steps.ts'

/** Renders why an operation failed and what to do next. */
export const shownFailure = (why: Refusal) => {
  const { code, message } = why
  const next_step = withNewKey(hasNextStep(code) ? nextStepAfter(why) : UNKNOWN_REASON)
  return { code, message, next_step, retryable: false }
}

/** For a code that another release has stored. */
const UNKNOWN_REASON = 'Tell the user why it failed, and start again only when that is fixed.'

/** A key belongs to its failed operation for ever, so a new attempt needs a new key. */
const withNewKey = (step: string): string =>
  step.includes('idempotency_key') ? step : `${step} Then use a new idempotency_key.`

const facts = purchased.pick({ order_id: true, licences: true, refused: true, project: true })

/** Returns what to do after a purchase: buy what was refused, or activate licences that no project has. */
export function nextStepAfterPurchase(result: Record<string, unknown>): string | undefined {
  const { data } = facts.safeParse(result)
  if (!data) return undefined // another release has stored this code, and its result must stay readable
  const { order_id, licences = [], refused = [], project } = data
  if (refused.length) {
    const missing = refused.flatMap(({ packages }) => packages)
    return buyTheRest(missing, project)
  }
  const inactive = licences.filter(({ activated }) => !activated)
  if (!inactive.length) return undefined
  if (project) return buyAgain(inactive.map((licence) => licence.package))
  return order_id
    ? ACTIVATE
    : `The org already had a licence with a free slot, so nothing was bought. ${ACTIVATE}`
}

/** For licences whose update window ended while the purchase waited for a person. */
const buyAgain = (ended: readonly string[]): string =>
  `The licences of ${ended.join(', ')} ended before they could be activated. Ask the user, then buy only these again with a new idempotency_key.`

const buyTheRest = (missing: readonly string[], project: string | undefined): string =>
  `Not bought: ${missing.join(', ')}; the rest is. Tell the user why, fix that, then buy only these` +
  `${project ? ` for project ${project}` : ''} with a new idempotency_key.`

const ACTIVATE =
  'The licences belong to the org and are not active on a project: let an owner, admin or developer call activate_licence.'

export const FETCH_THEM =
  'Run the first of pickup.commands beside composer.json and do not print auth.json; then composer_commands; the second checks the keys. If auth.json exists, fetch to another file and merge its http-basic.'

/** The keys were fetched by a link, so the link no longer works. */
export const theyWereFetched = (at: Date): string =>
  `auth.json was fetched at ${at.toISOString()}, and a link works once. If the user did not do that, call revoke_project_token; create_project_token gives new keys.`

export const KEYS_ARE_GONE =
  'auth_json is shown for a short time, and only to the connection that asked: create_project_token gives a new one.'

/** Adds the next step to each refusal in the result of a publication. */
export function withNextSteps(result: Record<string, unknown>): Record<string, unknown> {
  const { repositories, error } = result
  return {
    ...result,
    ...(Array.isArray(repositories) && {
      repositories: repositories.map((each: Record<string, unknown>) => withNextSteps(each)),
    }),
    ...(isRefusal(error) && {
      error: {
        code: error.code,
        message: error.message,
        ...(hasNextStep(error.code) && { next_step: nextStepAfter(error) }),
      },
    }),
  }
}

const startedVendor = bootstrapVendor.output.pick({ payable: true, git_integrations: true, status: true })

/** What a vendor can do when `bootstrap_vendor` is over. */
export function nextStepsOfVendor(result: Record<string, unknown>): string[] {
  const { data } = startedVendor.safeParse(result)
  if (!data) return []
  const steps = [
    data.status === 'suspended' &&
      'The vendor is suspended: tell the user to ask the operator of this market.',
    !data.git_integrations.length && 'Call start_git_integration to connect a Git host again.',
    'Call list_git_repositories, then publish_package.',
    !data.payable &&
      'Paid packages cannot be sold yet: this market cannot set up payouts yet. Free ones can.',
  ]
  return steps.filter((step) => step !== false)
}

const isRefusal = (error: unknown): error is Refusal =>
  typeof error === 'object' && error !== null && 'code' in error && 'message' in error
