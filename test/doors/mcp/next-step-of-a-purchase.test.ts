import { describe, expect, test } from 'vitest'
import { nextStepAfterPurchase, shownFailure } from '../../../src/mcp/operations/next-steps.ts'

const licence = (activated: boolean) => ({
  id: 'lic_1',
  package: 'a/b',
  edition: 'open-source',
  outcome: 'bought',
  activated,
})
const refused = (...packages: string[]) => ({ vendor: 'v', packages, code: 'card_declined', message: 'No.' })

const ACTIVATE =
  'The licences belong to the org and are not active on a project: let an owner, admin or developer call activate_licence.'
const THE_REST = 'the rest is. Tell the user why, fix that, then buy only these'

describe('the next step after a purchase', () => {
  test.for([
    [
      'missing when all licences are active',
      { order_id: 'ord_1', project: 'prj_1', licences: [licence(true)] },
      undefined,
    ],
    ['missing after adding a card', { payment_method: { id: 'pm_1' } }, undefined],
    [
      'to activate the licences without a project',
      { order_id: 'ord_1', licences: [licence(false)] },
      ACTIVATE,
    ],
    [
      'to activate the licences that the org already had',
      { licences: [licence(true), licence(false)] },
      `The org already had a licence with a free slot, so nothing was bought. ${ACTIVATE}`,
    ],
    [
      'to buy the refused packages again for the same project',
      {
        order_id: 'ord_1',
        project: 'prj_1',
        licences: [licence(true)],
        refused: [refused('a/c'), refused('a/d')],
      },
      `Not bought: a/c, a/d; ${THE_REST} for project prj_1 with a new idempotency_key.`,
    ],
    [
      'to buy licences again that ended before their activation',
      {
        order_id: 'ord_1',
        project: 'prj_1',
        licences: [licence(true), { ...licence(false), package: 'a/e' }],
      },
      'The licences of a/e ended before they could be activated. Ask the user, then buy only these again with a new idempotency_key.',
    ],
    ['missing for a result in the format of another release', { licences: [{ id: 1 }] }, undefined],
    [
      'to buy the refused packages again, before anything else',
      { order_id: 'ord_1', licences: [licence(false)], refused: [refused('a/c')] },
      `Not bought: a/c; ${THE_REST} with a new idempotency_key.`,
    ],
  ] as const)('the next step after a purchase is %s', ([, result, step]) => {
    expect(nextStepAfterPurchase(result)).toBe(step)
  })
})

describe('the next step after a failed operation', () => {
  test.for([
    [
      'quote_expired',
      'Ask for a new one by a dry_run, or by quote_cart for a cart. Then use a new idempotency_key.',
    ],
    ['could_not_be_started', 'Start again with a new idempotency_key.'],
    [
      'of_an_older_release',
      'Tell the user why it failed, and start again only when that is fixed. Then use a new idempotency_key.',
    ],
  ] as const)(
    'the next step after an operation that failed with %s asks for a new idempotency key',
    ([code, next_step]) => {
      const message = 'It did not work.'

      expect(shownFailure({ code, message, params: { secret: 'kept' } })).toEqual({
        code,
        message,
        next_step,
        retryable: false,
      })
    },
  )
})
