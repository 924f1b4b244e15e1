import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import type { Activities } from '#activities'
import type { OperationId } from '#kernel/ids'
import { aQuotedCart } from './a-cart.ts'
import { aProject } from './a-market.ts'
import type { Assistant, Shop, ToolResponse } from './a-shop.ts'
import { pageOf, untilItIsOver } from './a-wait.ts'
import { awayFor, type Fault, justBefore, losingResultsOf } from './faults.ts'

const SEARCH = 'northwind/module-search'
/** Bea has a card that works, Tara's bank asks each time, Noa has no card, and Dan's card is declined. */
const BEA = { name: 'buyer', org: 'acme-retail' }
const TARA = { name: 'threeds', org: 'initech' }
const NOA = { name: 'nocard', org: 'hooli' }
const DAN = { name: 'declined', org: 'umbrella' }

interface Situation {
  /** Who buys. */
  who: { name: string; org: string }
  /** What the person does just before the story looks for it. */
  person?: 'approves at the bank' | 'types a card'
  /** The person never comes. */
  isAbandoned?: true
  /** The error code with which the story fails; without one it completes. */
  ends?: string
}

/** For each step, a situation in which it runs. */
function situations(byStep: Partial<Record<keyof Activities, Situation>>) {
  return Object.entries(byStep) as [keyof Activities, Situation][]
}

export const BUYING = situations({
  openOrder: { who: BEA },
  lookForCard: { who: NOA, person: 'types a card' },
  recheckPurchase: { who: BEA },
  chargeLine: { who: BEA },
  lookAtPayment: { who: TARA, person: 'approves at the bank' },
  closePayment: { who: TARA, isAbandoned: true, ends: 'wait_expired' },
  settleLine: { who: BEA },
  deliverPurchase: { who: BEA },
  reportStatus: { who: BEA },
  abandonLine: { who: DAN, ends: 'card_declined' },
  undoCharge: { who: DAN, ends: 'card_declined' },
  cancelOrder: { who: DAN, ends: 'card_declined' },
})
export const ADDING_A_CARD = situations({
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

/** Makes the person of a situation act just before the story looks for it for the first time. */
export const personActs = (shop: Shop, { who: { name }, person, isAbandoned }: Situation): Fault => {
  async function act({ operationId }: { operationId: OperationId }) {
    const page = await pageOf(shop, name, operationId)
    if (person === 'types a card') await shop.bank.typeCard(page, '4242 4242 4242 4242')
    else await shop.bank.answerBank(page, 'approve')
  }
  if (isAbandoned) return awayFor('23h', 'lookAtPayment')
  const looks = ['lookForCard', 'lookForAddedCard', 'lookAtPayment'] as const
  return (steps) => (person ? looks.reduce((all, look) => justBefore(look, act)(all), steps) : steps)
}

/** Runs a story to its end; returns its result, the charges, the money paid, and the licences of its project. */
export async function runStory(shop: Shop, story: Story, { who }: Situation = { who: BEA }) {
  const { id: project } = await aProject(shop.market, { org: who.org })
  const assistant = await shop.assistant(who)
  const { totals: before } = await shop.bank.money()
  const response = await untilItIsOver(assistant, STARTS[story](assistant, project))
  const { totals: after } = await shop.bank.money()
  const rows = await shop.db
    .selectFrom('activations as a')
    .innerJoin('licences as l', 'l.id', 'a.licence_id')
    .select(['l.status', 'a.activated_at'])
    .where('a.project_id', '=', project)
    .where('a.deactivated_at', 'is', null)
    .execute()
  return {
    response,
    charged: after.succeeded_charges - before.succeeded_charges,
    paid: after.net - before.net,
    held: rows.map(({ status, activated_at }) => (activated_at ? status : 'reserved')),
  }
}

/** The states of what a purchase holds of its assistant's limit. */
export async function holdsOfOperation(
  { db }: Shop,
  { operation_id: operation }: Pick<ToolResponse, 'operation_id'>,
): Promise<string[]> {
  const rows = await db
    .selectFrom('spending_holds as h')
    .innerJoin('orders as o', 'o.id', 'h.order_id')
    .select('h.state')
    .where('o.operation_id', '=', operation)
    .execute()
  return rows.map(({ state }) => state)
}

/** Removes all cards of Noa's org; returns the last four digits of each. */
export async function removeCards({ db, market }: Shop) {
  const cards = await db
    .updateTable('payment_methods')
    .set({ removed_at: new Date(), default_since: null })
    .where('org_id', '=', market.org(NOA.org))
    .where('removed_at', 'is', null)
    .returning('last4')
    .execute()
  return cards.map(({ last4 }) => last4)
}

/** Loses one result of one step, and expects that everything was still done exactly once. */
export async function expectDoneOnce(
  shop: Shop,
  story: Story,
  { step, situation }: { step: keyof Activities; situation: Situation },
) {
  const losing = losingResultsOf(step, 1)
  shop.breaks((steps) => losing(personActs(shop, situation)(steps)))

  const outcome = await runStory(shop, story, situation)

  expect({ ...outcome, lost: losing.lost() }).toMatchObject({
    lost: 1,
    ...(situation.ends
      ? { response: { status: 'failed', error: { code: situation.ends } }, charged: 0, paid: 0, held: [] }
      : { response: { status: 'completed' }, charged: 1, paid: 4900, held: ['active'] }),
  })
  await removeCards(shop)
}

export const STORIES_THAT_BUY = ['purchase_and_install_package', 'checkout_cart'] as const
export const NAME = (story: Story) => `${story} does everything once when the result of %s is lost once`
