import { describe, expect } from 'vitest'
import { auditOf } from '../support/a-member.ts'
import { timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { ALWAYS, losingResultsOf, withPauses } from '../support/faults.ts'
import {
  BUYING,
  holdsOfOperation,
  runStory,
  expectDoneOnce,
  NAME,
  STORIES_THAT_BUY,
} from '../support/lost-answers.ts'
import { ONE_PURCHASE } from '../support/spending.ts'

// a purchase that counted twice would exceed the limit
const test = storyTest({ spending: ONE_PURCHASE, skipsWaits: true })

describe.skipIf(!timeSkippingServer)(
  'a step whose result is lost, without a person',
  { timeout: 60_000 },
  () => {
    for (const story of STORIES_THAT_BUY)
      test.for(BUYING.filter(([, { person }]) => !person))(NAME(story), ([step, situation], { shop }) =>
        expectDoneOnce(shop, story, { step, situation }),
      )

    test.for(['openOrder', 'recheckPurchase'] as const)(
      'a purchase is undone when the result of %s, a step before the charge, is always lost',
      async (step, { shop }) => {
        shop.breaks(losingResultsOf(step, ALWAYS))

        expect(await runStory(shop, 'purchase_and_install_package')).toMatchObject({
          response: { status: 'failed', error: { code: 'temporarily_unavailable' } },
          charged: 0,
          paid: 0,
          held: [],
        })
      },
    )

    test('a purchase is delivered when the result of the charge is always lost', async ({ shop }) => {
      shop.breaks(losingResultsOf('chargeLine', ALWAYS))

      const outcome = await runStory(shop, 'purchase_and_install_package')

      expect(outcome).toMatchObject({
        response: { status: 'completed' },
        charged: 1,
        paid: 4900,
        held: ['active'],
      })
      expect(await holdsOfOperation(shop, outcome.response)).toEqual(['settled'])
    })

    test('a payment is refunded and audited once when the result of its undo is lost', async ({ shop }) => {
      const losing = losingResultsOf('undoCharge', 1)
      shop.breaks((steps) => losing(withPauses('6h', losingResultsOf('settleLine', ALWAYS))(steps)))

      const { response, ...outcome } = await runStory(shop, 'purchase_and_install_package')

      expect(losing.lost()).toBe(1)
      expect(outcome).toEqual({ charged: 1, paid: 0, held: [] })
      const audited = await auditOf(shop.db, shop.market.org('acme-retail'))
      const ofThis = audited.filter(({ operation }) => operation === response.operation_id)
      expect(ofThis.map(({ action, outcome }) => [action, outcome])).toEqual([
        ['start_operation', 'done'],
        ['refund_charge', 'done'],
        ['purchase_and_install_package', 'refused'],
      ])
    })

    test.for(['settleLine', 'deliverPurchase'] as const)(
      'a purchase is refunded when the result of %s, a step after the charge, is lost for three days',
      async (step, { shop }) => {
        shop.breaks(withPauses('6h', losingResultsOf(step, ALWAYS)))

        const outcome = await runStory(shop, 'purchase_and_install_package')

        expect(outcome).toMatchObject({
          response: { status: 'failed', error: { code: 'could_not_be_delivered' } },
          charged: 1,
          paid: 0,
          held: [],
        })
        expect(await holdsOfOperation(shop, outcome.response)).toEqual(['released'])
        // the project was there before the purchase
        const archived = shop.db.selectFrom('projects').select('id').where('archived_at', 'is not', null)
        expect(await archived.execute()).toEqual([])
      },
    )
  },
)
