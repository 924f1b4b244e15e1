import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { type Activities, activitiesOn } from '#activities'
import type { OperationId } from '#kernel/ids'
import { aQuotedCart } from '../support/a-cart.ts'
import { aProject } from '../support/a-market.ts'
import { type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { pageOf, untilItIsOver } from '../support/a-wait.ts'
import { ALWAYS, type Fault, justBefore, losingTheAnswerOf } from '../support/faults.ts'

const SEARCH = 'northwind/module-search'
/** Who has a card that works; whose bank asks each time; who has no card; whose card is declined. */
const BEA = { name: 'buyer', org: 'acme-retail' }
const TARA = { name: 'threeds', org: 'initech' }
const NOA = { name: 'nocard', org: 'hooli' }
const DAN = { name: 'declined', org: 'umbrella' }

interface Situation {
  /** Who buys. */
  who: { name: string; org: string }
  /** What the person does just before the step. */
  person?: 'approves at the bank' | 'types a card'
  /** The code of the refusal; without one the story completes. */
  ends?: string
}

/** For each step the situation that leads to it. */
function situations(byStep: Partial<Record<keyof Activities, Situation>>) {
  return Object.entries(byStep) as [keyof Activities, Situation][]
}

const BUYING = situations({
  openOrder: { who: BEA },
  lookForCard: { who: NOA, person: 'types a card' },
  recheckPurchase: { who: BEA },
  chargeLine: { who: BEA },
  lookAtPayment: { who: TARA, person: 'approves at the bank' },
  closePayment: { who: TARA, ends: 'wait_expired' },
  settleLine: { who: BEA },
  deliverPurchase: { who: BEA },
  reportStatus: { who: BEA },
  undoCharge: { who: DAN, ends: 'card_declined' },
  cancelOrder: { who: DAN, ends: 'card_declined' },
})
const ADDING_A_CARD = situations({
  beginCardWait: { who: NOA, person: 'types a card' },
  lookForAddedCard: { who: NOA, person: 'types a card' },
  reportStatus: { who: NOA, person: 'types a card' },
})

const STARTS = {
  async purchase_and_install_package({ call }: Assistant, project: string) {
    return call('purchase_and_install_package', {
      packages: [SEARCH],
      project,
      idempotency_key: randomUUID(),
    })
  },
  async checkout_cart(assistant: Assistant, project: string) {
    await assistant.call('remove_from_cart', { packages: [SEARCH] })
    return assistant.call('checkout_cart', await aQuotedCart(assistant, [SEARCH], { project }))
  },
  async start_add_payment_method({ call }: Assistant) {
    return call('start_add_payment_method', { idempotency_key: randomUUID() })
  },
}
type Story = keyof typeof STARTS

/** What the person of a situation does, just before the story looks for it for the first time. */
const acts = (shop: Shop, { who: { name }, person }: Situation): Fault => {
  async function act({ operationId }: { operationId: OperationId }) {
    const page = await pageOf(shop, name, operationId)
    if (person === 'types a card') await shop.bank.typeCard(page, '4242 4242 4242 4242')
    else await shop.bank.answerBank(page, 'approve')
  }
  const looks = ['lookForCard', 'lookForAddedCard', 'lookAtPayment'] as const
  return (steps) => (person ? looks.reduce((all, look) => justBefore(look, act)(all), steps) : steps)
}

/** Tells a story to its end: what was told, charged and paid, and what its project holds. */
async function comesTo(shop: Shop, story: Story, { who }: Situation = { who: BEA }) {
  const { id: project } = await aProject(shop.market, { org: who.org })
  const assistant = await shop.assistant(who)
  const { totals: before } = await shop.bank.money()
  const told = await untilItIsOver(assistant, STARTS[story](assistant, project))
  const { totals: after } = await shop.bank.money()
  const rows = await shop.db
    .selectFrom('activations as a')
    .innerJoin('licences as l', 'l.id', 'a.licence_id')
    .select(['l.status', 'a.activated_at'])
    .where('a.project_id', '=', project)
    .where('a.deactivated_at', 'is', null)
    .execute()
  return {
    told,
    charged: after.succeeded_charges - before.succeeded_charges,
    paid: after.net - before.net,
    held: rows.map(({ status, activated_at }) => (activated_at ? status : 'reserved')),
  }
}

/** The cards of an org that are not removed; Noa's org has none again. */
async function takeCards({ db, market }: Shop) {
  const cards = await db
    .updateTable('payment_methods')
    .set({ removed_at: new Date(), default_since: null })
    .where('org_id', '=', market.org(NOA.org))
    .where('removed_at', 'is', null)
    .returning('last4')
    .execute()
  return cards.map(({ last4 }) => last4)
}

/** Loses one answer of one step, and sees that everything was done once all the same. */
async function expectDoneOnce(
  shop: Shop,
  story: Story,
  { step, situation }: { step: keyof Activities; situation: Situation },
) {
  const losing = losingTheAnswerOf(step, 1)
  shop.breaks((steps) => losing(acts(shop, situation)(steps)))

  const came = await comesTo(shop, story, situation)

  expect(losing.lost()).toBe(1)
  expect(came).toMatchObject(
    situation.ends
      ? { told: { status: 'failed', error: { code: situation.ends } }, charged: 0, paid: 0, held: [] }
      : { told: { status: 'completed' }, charged: 1, paid: 4900, held: ['active'] },
  )
  await takeCards(shop)
}

const STORIES_THAT_BUY = ['purchase_and_install_package', 'checkout_cart'] as const
const NAME = (story: Story) => `${story} does everything once when the answer of %s is lost once`

describe.skipIf(!timeSkippingServer)('a step whose answer is lost, with a person at hand', () => {
  const test = storyTest()

  test('every step of every story is among those whose answer is lost once', ({ shop }) => {
    const steps = new Set([...BUYING, ...ADDING_A_CARD].map(([step]) => step))

    expect([...steps].sort()).toEqual(Object.keys(activitiesOn(shop)).sort())
  })

  for (const story of STORIES_THAT_BUY)
    test.for(BUYING.filter(([, { person }]) => person))(NAME(story), ([step, situation], { shop }) =>
      expectDoneOnce(shop, story, { step, situation }),
    )

  test.for(ADDING_A_CARD)(
    'start_add_payment_method keeps the card once when the answer of %s is lost once',
    async ([step, situation], { shop }) => {
      const losing = losingTheAnswerOf(step, 1)
      shop.breaks((steps) => losing(acts(shop, situation)(steps)))

      const { told } = await comesTo(shop, 'start_add_payment_method', situation)

      expect(losing.lost()).toBe(1)
      expect(told).toMatchObject({
        status: 'completed',
        result: { payment_method: { last4: '4242', is_default: true } },
      })
      expect(await takeCards(shop)).toEqual(['4242'])
    },
  )
})

describe.skipIf(!timeSkippingServer)(
  'a step whose answer is lost, with nobody at hand',
  { timeout: 60_000 },
  () => {
    const test = storyTest({ skipsWaits: true })

    for (const story of STORIES_THAT_BUY)
      test.for(BUYING.filter(([, { person }]) => !person))(NAME(story), ([step, situation], { shop }) =>
        expectDoneOnce(shop, story, { step, situation }),
      )

    test.for(['openOrder', 'recheckPurchase'] as const)(
      'a purchase leaves nothing when the answer of %s, before the charge, is always lost',
      async (step, { shop }) => {
        shop.breaks(losingTheAnswerOf(step, ALWAYS))

        expect(await comesTo(shop, 'purchase_and_install_package')).toMatchObject({
          told: { status: 'failed', error: { code: 'temporarily_unavailable' } },
          charged: 0,
          paid: 0,
          held: [],
        })
      },
    )

    test('a purchase is paid back when the answer of the charge is always lost', async ({ shop }) => {
      shop.breaks(losingTheAnswerOf('chargeLine', ALWAYS))

      expect(await comesTo(shop, 'purchase_and_install_package')).toMatchObject({
        told: { status: 'failed', error: { code: 'temporarily_unavailable' } },
        charged: 1,
        paid: 0,
        held: [],
      })
    })

    test.for(['settleLine', 'deliverPurchase'] as const)(
      'a purchase is paid back when the answer of %s, after the charge, is lost for three days',
      async (step, { shop }) => {
        shop.breaks(losingTheAnswerOf(step, ALWAYS))

        expect(await comesTo(shop, 'purchase_and_install_package')).toMatchObject({
          told: { status: 'failed', error: { code: 'could_not_be_delivered' } },
          charged: 1,
          paid: 0,
          held: [],
        })
      },
    )
  },
)
