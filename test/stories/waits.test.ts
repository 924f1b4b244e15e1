import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import type { OperationId } from '#kernel/ids'
import { aProject } from '../support/a-market.ts'
import { type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { pageBehind } from '../support/a-wait.ts'
import { justBefore } from '../support/faults.ts'

const test = storyTest()

describe.skipIf(!timeSkippingServer)('a purchase that waits for a person', { timeout: 60_000 }, () => {
  /** A purchase that waits. Tara's bank always requires authentication, and Noa's org has no card. */
  async function waiting(shop: Shop, name: 'threeds' | 'nocard', more: Record<string, unknown> = {}) {
    const org = name === 'threeds' ? 'initech' : 'hooli'
    const assistant = await shop.assistant({ name, org })
    const { id: project } = await aProject(shop.market, { org })
    const key = randomUUID()
    const response = await assistant.buys({
      packages: ['northwind/module-search'],
      project,
      idempotency_key: key,
      ...more,
    })
    expect(response).toMatchObject({ isError: false, status: 'waiting_for_you' })
    const { url = '' } = response.next_action ?? {}
    return { assistant, response, key, project, path: new URL(url).pathname, id: response.operation_id }
  }

  async function untilOver(assistant: Assistant, id: OperationId) {
    for (;;) {
      const response = await assistant.call('get_operation', { operation_id: id, wait_ms: 5_000 })
      if (['completed', 'failed', 'cancelled'].includes(response.status ?? '')) return response
    }
  }

  /** The page of the bank, to which the page of this person links. */
  async function bankPage(shop: Shop, name: string, path: string): Promise<string> {
    const url = await pageBehind(await shop.visitor(name), path)
    expect(url).toContain(shop.bank.url)
    return url
  }

  test('a purchase that waits returns the reason, the link and the end of its wait', async ({ shop }) => {
    const { response, assistant, id } = await waiting(shop, 'threeds')

    expect(response).toMatchObject({
      poll_after_ms: 10_000,
      next_action: {
        type: 'open_url',
        reason: 'authentication',
        url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/o\/[\w-]{43}$/),
        expires_at: expect.stringMatching(/Z$/),
      },
    })
    await assistant.call('cancel_operation', { operation_id: id })
  })

  test('a purchase goes on by itself after the bank approved, and charges once', async ({ shop }) => {
    const { assistant, id, path } = await waiting(shop, 'threeds')
    const { totals } = await shop.bank.money()

    await shop.bank.answerBank(await bankPage(shop, 'threeds', path), 'approve')

    const response = await untilOver(assistant, id)
    expect(response).toMatchObject({ status: 'completed', result: { licences: [{ activated: true }] } })
    expect(response.result).toHaveProperty('auth_json')
    const { succeeded_charges, net } = (await shop.bank.money()).totals
    expect([succeeded_charges - totals.succeeded_charges, net - totals.net]).toEqual([1, 4900])
  })

  test('a purchase is undone when the person refuses at the bank', async ({ shop }) => {
    const { assistant, id, path } = await waiting(shop, 'threeds')

    await shop.bank.answerBank(await bankPage(shop, 'threeds', path), 'refuse')

    expect(await untilOver(assistant, id)).toMatchObject({
      status: 'failed',
      error: { code: 'authentication_refused' },
    })
  })

  test('a purchase is undone when it is cancelled during its wait, and its link shows this', async ({
    shop,
  }) => {
    const { assistant, id, path } = await waiting(shop, 'threeds')

    const response = await assistant.call('cancel_operation', { operation_id: id })

    expect(response).toMatchObject({ isError: false, status: 'cancelled' })
    const visitor = await shop.visitor('threeds')
    expect((await visitor.get(path)).body).toContain('<h1>Cancelled</h1>')
  })

  test('the same key joins a purchase while it waits and after it is cancelled', async ({ shop }) => {
    const { assistant, id, key, project } = await waiting(shop, 'threeds')
    const input = { packages: ['northwind/module-search'], project, idempotency_key: key }

    const joined = await assistant.call('purchase_and_install_package', input)
    await assistant.call('cancel_operation', { operation_id: id })
    const over = await assistant.call('purchase_and_install_package', input)

    expect(joined).toMatchObject({ status: 'waiting_for_you', operation_id: id, replayed: true })
    expect(over).toMatchObject({ status: 'cancelled', operation_id: id, replayed: true })
  })

  test('all purchases of an org that wait for a card go on as soon as one is added', async ({ shop }) => {
    const first = await waiting(shop, 'nocard')
    const second = await waiting(shop, 'nocard', { packages: ['northwind/theme-plain'] })

    const url = await bankPage(shop, 'nocard', first.path)
    await shop.bank.typeCard(url, '4242 4242 4242 4242')

    for (const { assistant, id } of [first, second])
      expect(await untilOver(assistant, id)).toMatchObject({ status: 'completed' })
    const cards = await first.assistant.call('list_payment_methods', {})
    expect(cards).toMatchObject({ items: [{ last4: '4242', is_default: true, is_refused: false }] })
    await shop.db
      .updateTable('payment_methods')
      .set({ removed_at: new Date(), default_since: null })
      .where('org_id', '=', shop.market.org('hooli'))
      .execute()
  })

  test('a purchase is refused when the buyer loses the role during the wait', async ({ shop }) => {
    const { assistant, id, path } = await waiting(shop, 'nocard')
    const member = shop.db.updateTable('org_members').where('customer_id', '=', shop.market.person('nocard'))
    shop.breaks(justBefore('recheckPurchase', () => member.set({ role: 'viewer' }).execute()))

    await shop.bank.typeCard(await bankPage(shop, 'nocard', path), '4242 4242 4242 4242')

    const response = await untilOver(assistant, id)
    await member.set({ role: 'owner' }).execute()
    expect(response).toMatchObject({ status: 'failed', error: { code: 'not_allowed' } })
  })

  /*
   * A visit to the bank. Twice: the same page. Answer lost (500_saved): the page is read from the payment. Stored error
   * (500_kept): the next visit has the next number. Role lost: no-longer-allowed.test.ts.
   */
  test.for([
    ['500_kept', 503],
    ['500_saved', 200],
  ] as const)(
    'a payment can be confirmed after the bank answered %s to a visit',
    async ([answer, status], { shop }) => {
      const { assistant, path, id } = await waiting(shop, 'threeds')
      const tara = await shop.visitor('threeds')
      await tara.get(path)
      await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer })

      expect((await tara.post(path)).statusCode).toBe(status)
      const page = await bankPage(shop, 'threeds', path)
      expect(await bankPage(shop, 'threeds', path)).toBe(page)
      await shop.bank.answerBank(page, 'approve')

      expect(await untilOver(assistant, id)).toMatchObject({ status: 'completed' })
    },
  )
})
