import { ApplicationFailure } from '@temporalio/workflow'
import type { StoryCode } from '#contracts/refusals'
import type { Params, Refusal } from '#kernel/errors'

interface StoryRefusal extends Refusal {
  code: StoryCode
}

export const NO_CARD_TO_CHARGE: StoryRefusal = {
  code: 'wait_expired',
  message: 'Nobody added a card within 24 hours; nothing was charged.',
  params: { waited_for: 'card_to_charge' },
}

export const NO_CARD_ADDED: StoryRefusal = {
  code: 'wait_expired',
  message: 'Nobody added a card within 24 hours.',
  params: { waited_for: 'card' },
}

/** Nobody consented at the Git host in time. */
export const NO_GIT_ACCESS: StoryRefusal = {
  code: 'access_was_not_granted',
  message: 'Nobody allowed the access at the Git host in time; nothing was connected.',
}

/** As `NO_GIT_ACCESS`, for a story that has applied for a vendor. */
export const NO_GIT_ACCESS_FOR_VENDOR: StoryRefusal = {
  code: 'access_was_not_granted',
  message: 'Nobody allowed the access at the Git host in time; the application as a vendor stays.',
}

export const NOT_APPROVED_IN_TIME: StoryRefusal = {
  code: 'wait_expired',
  message: 'The vendor was not approved within 30 days; the application stays open.',
  params: { waited_for: 'vendor_approval' },
}

/** Refuses one line. Other lines may be paid. */
export const NOT_UNDONE: StoryRefusal = {
  code: 'undo_failed',
  message: 'It was not bought, but its payment could not be undone yet; we are looking at it.',
}

export const UNDO_FAILED: StoryRefusal = {
  code: 'undo_failed',
  message: 'It could not be undone completely; we are looking at it.',
}

/** Refuses one line, never the whole operation. */
export const CANCELLED: Refusal = {
  code: 'cancelled',
  message: 'It was cancelled before this part was paid; nothing was charged for it.',
}

/** The outcome that the message states after a story that buys. */
const PAID_BACK = 'nothing was charged, or it was paid back'
const STAYS = 'what was published stays'

/**
 * The outcome that the message states after a run that publishes, by the first part of its id. A publication gives up only when it has
 * undone all its repositories, or one of them.
 */
const AFTER_PUBLISHING: Partial<Record<string, { lost: string; gaveUp: string }>> = {
  publish_package: { lost: STAYS, gaveUp: 'nothing of it was published' },
  sync_package: { lost: STAYS, gaveUp: STAYS },
  sync: { lost: STAYS, gaveUp: STAYS },
}

const storyOf = (workflowId: string): string => workflowId.slice(0, workflowId.indexOf('/'))

/** Its run was lost and could not be resumed. What a purchase did was taken back, and an operator looks at it. */
export const lost = (workflowId: string): StoryRefusal => ({
  code: 'operation_lost',
  message: `It was interrupted on our side and could not go on; ${AFTER_PUBLISHING[storyOf(workflowId)]?.lost ?? PAID_BACK}.`,
})

/** A step failed at every attempt. Its story was undone. */
export const gaveUp = (workflowId: string): StoryRefusal => ({
  code: 'temporarily_unavailable',
  message: `It did not work because of a fault on our side; ${AFTER_PUBLISHING[storyOf(workflowId)]?.gaveUp ?? PAID_BACK}.`,
})

export const NOT_DELIVERED: StoryRefusal = {
  code: 'could_not_be_delivered',
  message: 'The packages could not be delivered; everything was paid back.',
}

/** A failure that ends a story, or one line of it, as designed. */
export const failureOf = ({ code, message, params }: Refusal): ApplicationFailure =>
  ApplicationFailure.create({
    type: code,
    message,
    details: params ? [params] : [],
    nonRetryable: true,
    category: 'BENIGN',
  })

/** Reads the refusal from a failure of a step or of `failureOf`. */
export function refusalOf({ type, message, details }: ApplicationFailure): Refusal {
  const unnamed: StoryCode = 'internal_error'
  const [params] = details ?? []
  return { code: type ?? unnamed, message, ...(isParams(params) && { params }) }
}

const isParams = (detail: unknown): detail is Params =>
  typeof detail === 'object' && detail !== null && !Array.isArray(detail)
