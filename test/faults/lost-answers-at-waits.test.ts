import { describe, expect, vi } from 'vitest'
import { activitiesOn } from '#activities'
import { nudgeWaiting, readOperation } from '#domain/operations'
import { spendingOf } from '#domain/spending'
import { BOOTSTRAPPING, PUBLISHING } from '../support/a-publisher.ts'
import { timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { ONE_PURCHASE } from '../support/spending.ts'
import { aWait, pageOf } from '../support/a-wait.ts'
import { losingResultsOf } from '../support/faults.ts'
import { holdsOf } from '../support/spending-of-an-assistant.ts'
import {
  personActs,
  ADDING_A_CARD,
  BUYING,
  runStory,
  expectDoneOnce,
  NAME,
  STORIES_THAT_BUY,
  removeCards,
} from '../support/lost-answers.ts'

// an amount that counts twice would be refused, and one that counts for nothing would allow a second purchase
const test = storyTest({ spending: ONE_PURCHASE })
/** Their tests are in publish-package-faults, bootstrap-vendor and in the tests of Git hosts. */
const OF_VENDORS = [
  ...BOOTSTRAPPING,
  'awaitConsent',
  'lookForAccess',
  'beginGitWait',
  'lookForGitIntegration',
  'beginPackageSync',
  'deletePackage',
  'removeHook',
] as const

describe.skipIf(!timeSkippingServer)('a step whose result is lost, with a person who acts', () => {
  test('the tests of lost results cover every step of every story', ({ shop }) => {
    const steps = new Set([
      ...[...BUYING, ...ADDING_A_CARD].map(([step]) => step),
      ...PUBLISHING,
      ...OF_VENDORS,
      'settleDoubt', // in owed-at-the-bank
      'findOrder', // in lost-runs
    ])

    expect([...steps].sort()).toEqual(expect.arrayContaining(Object.keys(activitiesOn(shop)).sort()))
  })

  for (const story of STORIES_THAT_BUY)
    test.for(BUYING.filter(([, { person }]) => person))(NAME(story), ([step, situation], { shop }) =>
      expectDoneOnce(shop, story, { step, situation }),
    )

  test.for(BUYING.filter(([, { person }]) => person))(
    'the amount of a purchase is held while it waits and spent afterwards when results of %s are lost',
    async ([step, { who, person }], { shop }) => {
      const wait = await aWait(shop, person === 'types a card' ? 'nocard' : 'threeds')
      const { connectionId: connection } = await readOperation(shop.db, wait.id)
      if (!connection) throw new Error('an assistant has a connection')
      const spender = { connection }
      const losing = losingResultsOf(step, 2)
      shop.breaks(losing)

      await nudgeWaiting(shop.db, { operation: wait.id })
      await vi.waitFor(() => expect(losing.lost()).toBe(2), { timeout: 10_000 })
      const during = await holdsOf(shop, spender)
      const page = await pageOf(shop, who.name, wait.id)
      if (person === 'types a card') await shop.bank.typeCard(page, '4242 4242 4242 4242')
      else await shop.bank.answerBank(page, 'approve')
      await nudgeWaiting(shop.db, { operation: wait.id })

      expect(await wait.over()).toMatchObject({ status: 'completed' })
      expect([during, await holdsOf(shop, spender)]).toEqual([['held 4900'], ['settled 4900']])
      const { currencies } = await spendingOf(shop.db, { ...spender, settings: ONE_PURCHASE, at: new Date() })
      expect(currencies).toMatchObject([{ usedToday: 4900, left: { nextPurchase: 0 } }])
      await removeCards(shop)
    },
  )

  test.for(ADDING_A_CARD)(
    'start_add_payment_method keeps the card once when the result of %s is lost once',
    async ([step, situation], { shop }) => {
      const losing = losingResultsOf(step, 1)
      shop.breaks((steps) => losing(personActs(shop, situation)(steps)))

      const { response } = await runStory(shop, 'start_add_payment_method', situation)

      expect(losing.lost()).toBe(1)
      expect(response).toMatchObject({
        status: 'completed',
        result: { payment_method: { last4: '4242', is_default: true } },
      })
      expect(await removeCards(shop)).toEqual(['4242'])
    },
  )
})
