import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { shopTest } from '../support/a-story.ts'
import { untilItIsOver } from '../support/a-wait.ts'
import { ALWAYS, type Fault, losingResultsOf, lostResult, refusing, together } from '../support/faults.ts'
import { LABELS, SEARCH } from '../support/two-vendors.ts'
import { recordOperation } from './record.ts'
import { away } from './away.ts'

const test = shopTest({ skipsWaits: true })

const BUYER = { name: 'buyer', org: 'acme-retail' }
const TARA = { name: 'threeds', org: 'initech' }
const NOA = { name: 'nocard', org: 'hooli' }
const DAN = { name: 'declined', org: 'umbrella' }

/** The bank is not reached by any try of a charge. */
const neverCharging: Fault = (steps) => ({ ...steps, chargeLine: () => Promise.reject(lostResult()) })

const PURCHASES: [branch: string, who: typeof BUYER, fault: Fault, code: string | undefined][] = [
  ['not-confirmed-in-time', TARA, away('lookAtPayment', 25), 'wait_expired'],
  ['no-card-in-time', NOA, away('lookForCard', 25), 'wait_expired'],
  ['settled-after-hours', BUYER, away('settleLine', 2), undefined],
  ['delivered-after-hours', BUYER, away('deliverPurchase', 2), undefined],
  ['not-delivered', BUYER, away('deliverPurchase', 80), 'could_not_be_delivered'],
  ['gave-up', BUYER, losingResultsOf('recheckPurchase', ALWAYS), 'temporarily_unavailable'],
  ['undo-failed', DAN, losingResultsOf('undoCharge', ALWAYS), 'undo_failed'],
  [
    'charged-in-doubt',
    BUYER,
    together(losingResultsOf('chargeLine', ALWAYS), away('settleDoubt', 2)),
    undefined,
  ],
  ['not-charged-after-all', BUYER, neverCharging, 'temporarily_unavailable'],
  ['order-refused', BUYER, refusing('openOrder'), 'repository_not_accessible'],
]

test.for(PURCHASES)('purchase_and_install_package: %s', async ([branch, who, fault, code], { shop }) => {
  const { id: project } = await aProject(shop.market, { org: who.org })
  const assistant = await shop.assistant(who)
  shop.breaks(fault)
  const input = { packages: [SEARCH], project, idempotency_key: randomUUID() }
  const started = assistant.call('purchase_and_install_package', input)
  const response = await untilItIsOver(assistant, started)
  expect(response).toMatchObject(code ? { status: 'failed', error: { code } } : { status: 'completed' })
  await recordOperation(shop, response.operation_id, branch)
})

/** The payment of the first vendor is refused, and every try of its undo fails. */
const owing: Fault = (steps) => ({
  ...steps,
  async chargeLine(input) {
    return input.position === 1 ? refusing('chargeLine')(steps).chargeLine(input) : steps.chargeLine(input)
  },
  async undoCharge(input) {
    if (input.position === 1) throw lostResult()
    return steps.undoCharge(input)
  },
})

test('purchase_and_install_package: one-vendor-not-undone', async ({ shop }) => {
  const { id: project } = await aProject(shop.market, { org: BUYER.org })
  const assistant = await shop.assistant(BUYER)
  shop.breaks(owing)
  const response = await assistant.buys({
    packages: [SEARCH, LABELS],
    project,
    idempotency_key: randomUUID(),
  })
  expect(response).toMatchObject({ status: 'completed', result: { refused: [{ code: 'undo_failed' }] } })
  await recordOperation(shop, response.operation_id, 'one-vendor-not-undone')
})

test('start_add_payment_method: not-added-in-time', async ({ shop }) => {
  const assistant = await shop.assistant(NOA)
  shop.breaks(away('lookForAddedCard', 25))
  const started = assistant.call('start_add_payment_method', { idempotency_key: randomUUID() })
  const response = await untilItIsOver(assistant, started)
  expect(response).toMatchObject({ status: 'failed', error: { code: 'wait_expired' } })
  await recordOperation(shop, response.operation_id, 'not-added-in-time')
})

test('start_git_integration: not-consented-in-time', async ({ shop }) => {
  const assistant = await shop.assistant({ name: 'vendor', org: 'northwind' })
  shop.breaks(away('lookForGitIntegration', 3 * 24))
  const input = { host: 'git.example', idempotency_key: randomUUID() }
  const response = await untilItIsOver(assistant, assistant.call('start_git_integration', input))
  expect(response).toMatchObject({ status: 'failed', error: { code: 'access_was_not_granted' } })
  await recordOperation(shop, response.operation_id, 'not-consented-in-time')
})
