import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { OperationId } from '#kernel/ids'
import { aProject } from '../support/a-market.ts'
import { aShop, type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { pageBehind } from '../support/a-wait.ts'
import { justBefore } from '../support/faults.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'

describe.skipIf(!timeSkippingServer)('a purchase that waits for a person', { timeout: 60_000 }, () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await aShop()
  })
  afterEach(async () => {
    shop.breaks()
    expect(await findLedgerMismatches(shop)).toEqual([])
  })
  afterAll(() => shop?.close())

  /** Tara's bank wants her each time; Noa's org has no card. */
  async function waiting(name: 'threeds' | 'nocard', more: Record<string, unknown> = {}) {
    const org = name === 'threeds' ? 'initech' : 'hooli'
    const assistant = await shop.assistant({ name, org })
    const { id: project } = await aProject(shop.market, { org })
    const key = randomUUID()
    const told = await assistant.buys({
      packages: ['northwind/module-search'],
      project,
      idempotency_key: key,
      ...more,
    })
    expect(told).toMatchObject({ isError: false, status: 'waiting_for_you' })
    const { url = '' } = told.next_action ?? {}
    return { assistant, told, key, project, path: new URL(url).pathname, id: told.operation_id }
  }

  async function ended(assistant: Assistant, id: OperationId) {
    for (;;) {
      const told = await assistant.call('get_operation', { operation_id: id, wait_ms: 5_000 })
      if (['completed', 'failed', 'cancelled'].includes(told.status ?? '')) return told
    }
  }

  /** Where the page of the one who asked leads on to. */
  async function bankPage(name: string, path: string): Promise<string> {
    const url = await pageBehind(await shop.visitor(name), path)
    expect(url).toContain(shop.bank.url)
    return url
  }

  test('says what it waits for, where, and until when', async () => {
    const { told, assistant, id } = await waiting('threeds')

    expect(told).toMatchObject({
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

  test('goes on by itself when the bank approved, and charges once', async () => {
    const { assistant, id, path } = await waiting('threeds')
    const { totals } = await shop.bank.money()

    await shop.bank.answerBank(await bankPage('threeds', path), 'approve')

    const told = await ended(assistant, id)
    expect(told).toMatchObject({ status: 'completed', result: { licences: [{ activated: true }] } })
    expect(told.result).toHaveProperty('auth_json')
    const { succeeded_charges, net } = (await shop.bank.money()).totals
    expect([succeeded_charges - totals.succeeded_charges, net - totals.net]).toEqual([1, 4900])
  })

  test('is undone when the person refused at the bank', async () => {
    const { assistant, id, path } = await waiting('threeds')

    await shop.bank.answerBank(await bankPage('threeds', path), 'refuse')

    expect(await ended(assistant, id)).toMatchObject({
      status: 'failed',
      error: { code: 'authentication_refused' },
    })
  })

  test('is undone when it is cancelled, and then its link says so', async () => {
    const { assistant, id, path } = await waiting('threeds')

    const told = await assistant.call('cancel_operation', { operation_id: id })

    expect(told).toMatchObject({ isError: false, status: 'cancelled' })
    const visitor = await shop.visitor('threeds')
    expect((await visitor.get(path)).body).toContain('<h1>Cancelled</h1>')
  })

  test('joins for the same key in every state', async () => {
    const { assistant, id, key, project } = await waiting('threeds')
    const input = { packages: ['northwind/module-search'], project, idempotency_key: key }

    const joined = await assistant.call('purchase_and_install_package', input)
    await assistant.call('cancel_operation', { operation_id: id })
    const over = await assistant.call('purchase_and_install_package', input)

    expect(joined).toMatchObject({ status: 'waiting_for_you', operation_id: id, replayed: true })
    expect(over).toMatchObject({ status: 'cancelled', operation_id: id, replayed: true })
  })

  test('for a card goes on as soon as anybody adds one, and so do all others of the org', async () => {
    const first = await waiting('nocard')
    const second = await waiting('nocard', { packages: ['northwind/theme-plain'] })

    const url = await bankPage('nocard', first.path)
    await shop.bank.typeCard(url, '4242 4242 4242 4242')

    for (const { assistant, id } of [first, second])
      expect(await ended(assistant, id)).toMatchObject({ status: 'completed' })
    const cards = await first.assistant.call('list_payment_methods', {})
    expect(cards).toMatchObject({ items: [{ last4: '4242', is_default: true, is_refused: false }] })
    await shop.db
      .updateTable('payment_methods')
      .set({ removed_at: new Date(), default_since: null })
      .where('org_id', '=', shop.market.org('hooli'))
      .execute()
  })

  test('charges nobody whose role was lost while it waited', async () => {
    const { assistant, id, path } = await waiting('nocard')
    const member = shop.db.updateTable('org_members').where('customer_id', '=', shop.market.person('nocard'))
    shop.breaks(justBefore('recheckPurchase', () => member.set({ role: 'viewer' }).execute()))

    await shop.bank.typeCard(await bankPage('nocard', path), '4242 4242 4242 4242')

    const told = await ended(assistant, id)
    await member.set({ role: 'owner' }).execute()
    expect(told).toMatchObject({ status: 'failed', error: { code: 'not_allowed' } })
  })
})
