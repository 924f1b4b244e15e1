import { describe, expect } from 'vitest'
import { timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { ALWAYS, losingResultsOf } from '../support/faults.ts'
import { BUYING, expectDoneOnce, runStory } from '../support/lost-answers.ts'
import { ONE_PURCHASE } from '../support/spending.ts'

const test = storyTest({ spending: ONE_PURCHASE, skipsWaits: true })

describe.skipIf(!timeSkippingServer)('a step of a purchase whose result is lost', { timeout: 60_000 }, () => {
  test.for(BUYING.filter(([, { person }]) => !person))(
    'the amount of a purchase counts once when the result of %s is lost once',
    ([step, situation], { shop }) =>
      expectDoneOnce(shop, 'purchase_and_install_package', { step, situation }),
  )

  test.for(['chargeLine', 'settleLine', 'deliverPurchase'] as const)(
    'a refunded purchase counts nothing when the result of %s is always lost',
    async (step, { shop }) => {
      shop.breaks(losingResultsOf(step, ALWAYS))

      const { response } = await runStory(shop, 'purchase_and_install_package')

      expect(response).toMatchObject({ status: 'failed' })
      const holds = await shop.db
        .selectFrom('spending_holds as h')
        .innerJoin('orders as o', 'o.id', 'h.order_id')
        .select('h.state')
        .where('o.operation_id', '=', response.operation_id)
        .execute()
      expect(holds).toEqual([{ state: 'released' }])
    },
  )
})
