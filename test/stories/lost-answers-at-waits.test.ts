import { describe, expect } from 'vitest'
import { activitiesOn } from '#activities'
import { PUBLISHING } from '../support/a-publisher.ts'
import { timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { losingResultsOf } from '../support/faults.ts'
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

/** Their tests are in publish-package-faults and in the tests of Git hosts. */
const AROUND_GIT = [
  'awaitConsent',
  'lookForAccess',
  'beginGitWait',
  'lookForGitIntegration',
  'beginPackageSync',
  'deletePackage',
  'removeHook',
] as const

const test = storyTest()

describe.skipIf(!timeSkippingServer)('a step whose result is lost, with a person who acts', () => {
  test('the tests of lost results cover every step of every story', ({ shop }) => {
    const steps = new Set([
      ...[...BUYING, ...ADDING_A_CARD].map(([step]) => step),
      ...PUBLISHING,
      ...AROUND_GIT,
    ])

    expect([...steps].sort()).toEqual(expect.arrayContaining(Object.keys(activitiesOn(shop)).sort()))
  })

  for (const story of STORIES_THAT_BUY)
    test.for(BUYING.filter(([, { person }]) => person))(NAME(story), ([step, situation], { shop }) =>
      expectDoneOnce(shop, story, { step, situation }),
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
