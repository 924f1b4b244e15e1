import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { shopTest } from '../support/a-story.ts'
import { untilItIsOver } from '../support/a-wait.ts'
import { ALWAYS, type Fault, losingResultsOf, refusing } from '../support/faults.ts'
import { recordOperation } from './record.ts'
import { away } from './away.ts'

const test = shopTest({ skipsWaits: true })

const BUYER = { name: 'buyer', org: 'acme-retail' }
const TARA = { name: 'threeds', org: 'initech' }
const NOA = { name: 'nocard', org: 'hooli' }
const DAN = { name: 'declined', org: 'umbrella' }

const PURCHASES: [branch: string, who: typeof BUYER, fault: Fault, code: string | undefined][] = [
  ['not-confirmed-in-time', TARA, away('lookAtPayment', 25), 'wait_expired'],
  ['no-card-in-time', NOA, away('lookForCard', 25), 'wait_expired'],
  ['settled-after-hours', BUYER, away('settleLine', 2), undefined],
  ['delivered-after-hours', BUYER, away('deliverPurchase', 2), undefined],
  ['not-delivered', BUYER, away('deliverPurchase', 80), 'could_not_be_delivered'],
  ['gave-up', BUYER, losingResultsOf('recheckPurchase', ALWAYS), 'temporarily_unavailable'],
  ['undo-failed', DAN, refusing('undoCharge'), 'undo_failed'],
  ['order-refused', BUYER, refusing('openOrder'), 'repository_not_accessible'],
]

test.for(PURCHASES)('purchase_and_install_package: %s', async ([branch, who, fault, code], { shop }) => {
  const { id: project } = await aProject(shop.market, { org: who.org })
  const assistant = await shop.assistant(who)
  shop.breaks(fault)
  const input = { packages: ['northwind/module-search'], project, idempotency_key: randomUUID() }
  const started = assistant.call('purchase_and_install_package', input)
  const response = await untilItIsOver(assistant, started)
  expect(response).toMatchObject(code ? { status: 'failed', error: { code } } : { status: 'completed' })
  await recordOperation(shop, response.operation_id, branch)
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
