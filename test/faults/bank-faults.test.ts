import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'

const test = storyTest({ skipsWaits: true })

describe.skipIf(!timeSkippingServer)('a purchase at a bank that fails', () => {
  const buy = async (shop: Shop, buyer: Assistant) => {
    const { id: project } = await aProject(shop.market)
    return buyer.buys({ packages: ['northwind/module-search'], project, idempotency_key: randomUUID() })
  }

  // the SDK retries once after a broken connection, so both attempts need the fault
  test.for([
    ['lost_before', 2],
    ['lost_after', 2],
    ['cut_body', 1],
    ['500_before', 1],
    ['500_saved', 1],
    ['in_use_409', 1],
    ['rate_429', 1],
    ['lock_429', 1],
  ] as const)(
    'a purchase completes when the creation and the confirmation of its payment get the response %s',
    async ([answer, times], { shop, buyer }) => {
      const { totals } = await shop.bank.money()
      for (const path of ['/confirm', '/payment_intents'])
        await shop.bank.next({ match: { method: 'POST', path }, answer, times })

      expect(await buy(shop, buyer)).toMatchObject({ status: 'completed' })
      const { succeeded_charges, net } = (await shop.bank.money()).totals
      expect([succeeded_charges - totals.succeeded_charges, net - totals.net]).toEqual([1, 4900])
    },
  )

  test('a purchase is undone and nothing is paid when the bank does not come back', async ({
    shop,
    buyer,
  }) => {
    const { totals } = await shop.bank.money()
    await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: '500_before', times: 24 })

    expect(await buy(shop, buyer)).toMatchObject({
      status: 'failed',
      error: { code: 'temporarily_unavailable' },
    })
    expect((await shop.bank.money()).totals).toMatchObject({ net: totals.net, open_intents: 0 })
  })
})
