import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { OperationId } from '#kernel/ids'
import { aProject } from '../support/a-market.ts'
import { aShop, type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import type { Visitor } from '../support/a-visitor.ts'
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

  /** The page for the one who asked, its button, and the link behind it. */
  async function bankPage(name: string, path: string): Promise<string> {
    const visitor = await shop.visitor(name)
    await visitor.get(path)
    const { body } = await visitor.post(path)
    const [, url = ''] = /class="button" href="([^"]+)"/.exec(body) ?? []
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
    expect((await shop.bank.money()).totals.net - totals.net).toBe(4900)
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

  test('is woken once by an event that comes twice, in any order, or forged', async () => {
    const { assistant, id, path } = await waiting('threeds')
    await shop.bank.sim('webhooks', { duplicate: true, mode: 'hold', shuffle: true })

    await shop.bank.answerBank(await bankPage('threeds', path), 'approve')
    await shop.bank.sim('webhooks/flush', {})
    await shop.bank.sim('webhooks', { duplicate: false, mode: 'auto', shuffle: false })

    expect(await ended(assistant, id)).toMatchObject({ status: 'completed' })
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

describe.skipIf(!timeSkippingServer)('a purchase that nobody comes for', { timeout: 60_000 }, () => {
  let shop: Shop
  beforeAll(async () => {
    shop = await aShop({ skipsWaits: true })
    await shop.bank.sim('webhooks', { mode: 'drop' })
  })
  afterEach(async () => {
    expect(await findLedgerMismatches(shop)).toEqual([])
  })
  afterAll(() => shop?.close())

  test('goes forward when the bank was told at the very last moment', async () => {
    const assistant = await shop.assistant({ name: 'threeds', org: 'initech' })
    const { id: project } = await aProject(shop.market, { org: 'initech' })
    const key = randomUUID()
    const visitor = await shop.visitor('threeds')
    let atTheBank = ''
    shop.breaks((steps) => ({
      ...steps,
      async lookAtPayment(input) {
        atTheBank ||= await openedBy(visitor, key)
        return steps.lookAtPayment(input)
      },
      async closePayment(input) {
        await shop.bank.answerBank(atTheBank, 'approve')
        return steps.closePayment(input)
      },
    }))

    let told = await assistant.buys({ packages: ['northwind/module-search'], project, idempotency_key: key })
    while (told.status === 'waiting_for_you' || told.status === 'running')
      told = await assistant.call('get_operation', { operation_id: told.operation_id, wait_ms: 1_000 })

    shop.breaks()
    expect(told).toMatchObject({ status: 'completed', result: { licences: [{ activated: true }] } })
  })

  /** The bank's page for the operation of that key, and nothing clicked there yet. */
  async function openedBy(visitor: Visitor, key: string): Promise<string> {
    const { link } = await shop.db
      .selectFrom('operations')
      .select('link')
      .where('idempotency_key', '=', key)
      .executeTakeFirstOrThrow()
    await visitor.get(`/o/${link}`)
    const { body } = await visitor.post(`/o/${link}`)
    return /class="button" href="([^"]+)"/.exec(body)?.[1] ?? ''
  }

  test.for([
    ['threeds', 'initech', 'confirm the payment'],
    ['nocard', 'hooli', 'Add a card by start_add_payment_method'],
  ] as const)('is undone after a day, in a small history: %s', async ([name, org, step]) => {
    const assistant = await shop.assistant({ name, org })
    const { id: project } = await aProject(shop.market, { org })
    let told = await assistant.buys({
      packages: ['northwind/module-search'],
      project,
      idempotency_key: randomUUID(),
    })
    while (told.status === 'waiting_for_you')
      told = await assistant.call('get_operation', { operation_id: told.operation_id, wait_ms: 1_000 })

    const error = { code: 'wait_expired', next_step: expect.stringContaining(step) }
    expect(told).toMatchObject({ status: 'failed', error })
    const { events } = await shop.workflows
      .getHandle(`purchase_and_install_package/${told.operation_id}`)
      .fetchHistory()
    expect(events?.length).toBeLessThan(1_800)
  })
})
