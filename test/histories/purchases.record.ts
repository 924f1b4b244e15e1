import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { aQuotedCart, pollWhileRunning } from '../support/a-cart.ts'
import { aProject } from '../support/a-market.ts'
import type { Shop } from '../support/a-shop.ts'
import { shopTest } from '../support/a-story.ts'
import { aWait, pageOf } from '../support/a-wait.ts'
import { removeCards } from '../support/lost-answers.ts'
import { LABELS, SEARCH } from '../support/two-vendors.ts'
import { justBefore } from '../support/faults.ts'
import { recordOperation } from './record.ts'

const test = shopTest()
const FREE = 'northwind/module-hello'
const VISA = '4242 4242 4242 4242'
const ANOTHER_DAN = { name: 'declined', org: 'umbrella' }

async function buys(shop: Shop, packages: readonly string[], who = { name: 'buyer', org: 'acme-retail' }) {
  const { id: project } = await aProject(shop.market, { org: who.org })
  const assistant = await shop.assistant(who)
  return assistant.buys({ packages, project, idempotency_key: randomUUID() })
}

const declinesSecond = (shop: Shop) =>
  shop.breaks((steps) => ({
    ...steps,
    async chargeLine(step) {
      if (step.position === 2)
        await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'decline' })
      return steps.chargeLine(step)
    },
  }))

test.for([
  ['bought', [SEARCH], 'completed'],
  ['bought-free', [FREE], 'completed'],
  ['bought-from-two-vendors', [SEARCH, LABELS], 'completed'],
] as const)('purchase_and_install_package: %s', async ([branch, packages, status], { shop }) => {
  const response = await buys(shop, packages)
  expect(response.status).toBe(status)
  await recordOperation(shop, response.operation_id, branch)
})

test('purchase_and_install_package: second-vendor-declined', async ({ shop }) => {
  declinesSecond(shop)
  const response = await buys(shop, [SEARCH, LABELS])
  expect(response).toMatchObject({ status: 'completed', result: { refused: [{ code: 'card_declined' }] } })
  await recordOperation(shop, response.operation_id, 'second-vendor-declined')
})

test('purchase_and_install_package: card-declined', async ({ shop }) => {
  const response = await buys(shop, [SEARCH], ANOTHER_DAN)
  expect(response).toMatchObject({ status: 'failed', error: { code: 'card_declined' } })
  await recordOperation(shop, response.operation_id, 'card-declined')
})

test('purchase_and_install_package: not-allowed-any-more', async ({ shop }) => {
  const member = shop.db
    .updateTable('org_members')
    .where('customer_id', '=', shop.market.person('buyer'))
    .where('org_id', '=', shop.market.org('acme-retail'))
  shop.breaks(justBefore('recheckPurchase', () => member.set({ role: 'viewer' }).execute()))
  const response = await buys(shop, [SEARCH])
  await member.set({ role: 'owner' }).execute()
  expect(response).toMatchObject({ status: 'failed', error: { code: 'not_allowed' } })
  await recordOperation(shop, response.operation_id, 'not-allowed-any-more')
})

test.for([
  ['confirmed-at-the-bank', 'approve', 'completed'],
  ['refused-at-the-bank', 'refuse', 'failed'],
] as const)('purchase_and_install_package: %s', async ([branch, answer, status], { shop }) => {
  const { id, over } = await aWait(shop, 'threeds')
  await shop.bank.answerBank(await pageOf(shop, 'threeds', id), answer)
  expect(await over()).toMatchObject({ status })
  await recordOperation(shop, id, branch)
})

test('purchase_and_install_package: cancelled-at-the-bank', async ({ shop }) => {
  const { id, cancel } = await aWait(shop, 'threeds')
  await cancel()
  await recordOperation(shop, id, 'cancelled-at-the-bank')
})

test('purchase_and_install_package: cancelled-at-the-second-vendor', async ({ shop }) => {
  const { id, over } = await aWait(shop, 'threeds', { packages: [SEARCH, LABELS] })
  await shop.bank.answerBank(await pageOf(shop, 'threeds', id), 'approve')
  const assistant = await shop.assistant({ name: 'threeds', org: 'initech' })
  const charges = () =>
    shop.db
      .selectFrom('operation_steps')
      .select('status')
      .where('operation_id', '=', id)
      .where('name', '=', 'lookAtPayment:line_2')
      .execute()
  await expect.poll(charges, { timeout: 20_000 }).toHaveLength(1)
  await assistant.call('cancel_operation', { operation_id: id })
  expect(await over()).toMatchObject({ status: 'completed' })
  await recordOperation(shop, id, 'cancelled-at-the-second-vendor')
})

test('purchase_and_install_package: card-added', async ({ shop }) => {
  const { id, over } = await aWait(shop, 'nocard')
  await shop.bank.typeCard(await pageOf(shop, 'nocard', id), VISA)
  expect(await over()).toMatchObject({ status: 'completed' })
  await removeCards(shop)
  await recordOperation(shop, id, 'card-added')
})

test.for([
  ['added', 'completed'],
  ['cancelled', 'cancelled'],
] as const)('start_add_payment_method: %s', async ([branch, status], { shop }) => {
  const { id, over, cancel } = await aWait(shop, 'nocard', 'a card')
  if (branch === 'cancelled') await cancel()
  else await shop.bank.typeCard(await pageOf(shop, 'nocard', id), VISA)
  expect(await over()).toMatchObject({ status })
  await removeCards(shop)
  await recordOperation(shop, id, branch)
})

test.for(['bought', 'second-vendor-declined'])('checkout_cart: %s', async (branch, { shop, buyer }) => {
  const { id: project } = await aProject(shop.market)
  if (branch !== 'bought') declinesSecond(shop)
  const input = await aQuotedCart(buyer, [SEARCH, LABELS], { project })
  const response = await pollWhileRunning(buyer, buyer.call('checkout_cart', input))
  expect(response.status).toBe('completed')
  await recordOperation(shop, response.operation_id, branch)
})

test('checkout_cart: cancelled-at-the-bank', async ({ shop }) => {
  const tara = await shop.assistant({ name: 'threeds', org: 'initech' })
  const input = await aQuotedCart(tara, [LABELS])
  const { operation_id } = await pollWhileRunning(tara, tara.call('checkout_cart', input))
  await tara.call('cancel_operation', { operation_id })
  await recordOperation(shop, operation_id, 'cancelled-at-the-bank')
})
