import { describe, expect } from 'vitest'
import { readOperation } from '#domain/operations'
import { setKillSwitch, spendingSettings } from '#domain/spending'
import type { OperationId } from '#kernel/ids'
import { loseRun, lookAtRuns } from '../support/a-lost-run.ts'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { aWait, pageBehind } from '../support/a-wait.ts'
import { justBefore } from '../support/faults.ts'
import { LABELS, purchaseOf, SEARCH } from '../support/two-vendors.ts'
import { holdsOf, limit } from '../support/spending-of-an-assistant.ts'

const test = storyTest({
  spending: spendingSettings({
    currencies: ['EUR'],
    perPurchase: 100,
    perDay: 100,
    perMonth: 1000,
    purchasesPerHour: 50,
  }),
})

const stop = ({ db, market }: Shop, on: boolean, { org = 'acme-retail', by = 'buyer' } = {}) =>
  setKillSwitch(db, { org: market.org(org), by: market.person(by), on, at: new Date() })

/** The connection that started an operation. */
async function connectionOf({ db }: Shop, operation: OperationId) {
  const { connectionId } = await readOperation(db, operation)
  if (!connectionId) throw new Error(`${operation} has no connection`)
  return { connection: connectionId }
}

describe.skipIf(!timeSkippingServer)('while an order is open', { timeout: 60_000 }, () => {
  test('a stop of the assistants between two charges does not change the paid line and stops the other one', async ({
    shop,
  }) => {
    const assistant = await shop.assistant()
    shop.breaks(justBefore('settleLine', () => stop(shop, true)))

    const { response, ...outcome } = await purchaseOf(shop, assistant)
    await stop(shop, false)

    expect(outcome).toMatchObject({ charged: 1, paid: 4900, held: [SEARCH] })
    expect(response).toMatchObject({
      status: 'completed',
      result: { refused: [{ vendor: 'fabrikam', code: 'spending_stopped' }] },
    })
    expect(await holdsOf(shop, assistant)).toEqual(['settled 4900', 'released 1900'])
  })

  test('a stop of the assistants before the first charge takes no money', async ({ shop }) => {
    const assistant = await shop.assistant()
    shop.breaks(justBefore('recheckPurchase', () => stop(shop, true)))

    const { response, ...outcome } = await purchaseOf(shop, assistant)
    await stop(shop, false)

    expect(outcome).toMatchObject({ charged: 0, paid: 0, held: [] })
    expect(response).toMatchObject({ status: 'failed', error: { code: 'spending_stopped' } })
    expect(await holdsOf(shop, assistant)).toEqual(['released 4900', 'released 1900'])
  })

  test('a limit that is lowered while the person is at the bank does not stop the payment they confirm, but stops the next one', async ({
    shop,
  }) => {
    const wait = await aWait(shop, 'threeds', { packages: [SEARCH, LABELS] })
    const assistant = await connectionOf(shop, wait.id)
    const tara = await shop.visitor('threeds')
    const page = await pageBehind(tara, wait.path)
    await limit(shop, assistant, { by: 'threeds', most: 67 })

    await shop.bank.answerBank(page, 'approve')
    await tara.get(`${wait.path}/return`)

    expect(await wait.over()).toMatchObject({
      status: 'completed',
      result: { total: { amount_minor: 4900 }, refused: [{ code: 'spending_limit_reached' }] },
    })
    expect(await holdsOf(shop, assistant)).toEqual(['settled 4900', 'released 1900'])
  })

  test('a payment that the person confirmed while the run was lost is kept, also when the limit is lower by the time it goes on', async ({
    shop,
  }) => {
    const wait = await aWait(shop, 'threeds')
    const assistant = await connectionOf(shop, wait.id)
    const page = await pageBehind(await shop.visitor('threeds'), wait.path)
    await loseRun(shop, wait.id)
    await limit(shop, assistant, { by: 'threeds', most: 48 })
    await shop.bank.answerBank(page, 'approve')

    await lookAtRuns(shop)

    expect(await wait.over()).toMatchObject({
      status: 'completed',
      result: { total: { amount_minor: 4900 } },
    })
    expect(await holdsOf(shop, assistant)).toEqual(['settled 4900'])
  })

  test('a limit that is lowered during the wait for a card refuses the purchase', async ({ shop }) => {
    const wait = await aWait(shop, 'nocard')
    const assistant = await connectionOf(shop, wait.id)
    const noa = await shop.visitor('nocard')
    await limit(shop, assistant, { by: 'nocard', most: 48 })
    const before = (await shop.bank.money()).totals

    await shop.bank.typeCard(await pageBehind(noa, wait.path), '4242 4242 4242 4242')
    await noa.get(`${wait.path}/return`)

    expect(await wait.over()).toMatchObject({ status: 'failed', error: { code: 'spending_limit_reached' } })
    expect((await shop.bank.money()).totals.net - before.net).toBe(0)
    expect(await holdsOf(shop, assistant)).toEqual(['released 4900'])
  })

  test('a purchase that waits for a person is held until it is cancelled', async ({ shop }) => {
    const wait = await aWait(shop, 'threeds')
    const assistant = await connectionOf(shop, wait.id)
    const during = await holdsOf(shop, assistant)

    await wait.cancel()

    expect(during).toEqual(['held 4900'])
    expect(await holdsOf(shop, assistant)).toEqual(['released 4900'])
  })
})
