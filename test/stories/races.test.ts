import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { aShop, type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { wrongInTheBooks } from '../support/the-books.ts'

describe.skipIf(!timeSkippingServer)('when two things happen at once', { timeout: 60_000 }, () => {
  let shop: Shop
  let buyer: Assistant
  beforeAll(async () => {
    shop = await aShop()
    buyer = await shop.assistant()
  })
  afterEach(async () => {
    shop.breaks()
    expect(await wrongInTheBooks(shop)).toEqual([])
  })
  afterAll(() => shop?.close())

  const wanted = async (name: string) => ({
    packages: [name],
    project: (await aProject(shop.market)).id,
    idempotency_key: randomUUID(),
  })
  const charges = async () => (await shop.bank.money()).totals.succeeded_charges

  test('fifty calls with one key charge once', async () => {
    const before = await charges()
    const input = await wanted('northwind/module-search')

    const told = await Promise.all(Array.from({ length: 50 }, () => buyer.buys(input)))

    expect(new Set(told.map(({ operation_id, status }) => `${operation_id} ${status}`)).size).toBe(1)
    expect((await charges()) - before).toBe(1)
  })

  test('two purchases take one free slot and one new licence', async () => {
    const billing = await shop.assistant({ name: 'billing' })
    await billing.buys({ packages: ['northwind/theme-plain'], idempotency_key: randomUUID() })
    const before = await charges()
    const inputs = [await wanted('northwind/theme-plain'), await wanted('northwind/theme-plain')]

    const told = await Promise.all(inputs.map((input) => buyer.buys(input)))

    const outcomes = told.flatMap(({ result }) => result.licences as { outcome: string }[])
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['bought', 'used_existing'])
    expect((await charges()) - before).toBe(1)
  })

  test('two purchases of a package for one project buy it once', async () => {
    const before = await charges()
    const input = await wanted('fabrikam/module-labels')

    const told = await Promise.all(
      [1, 2, 3].map(() => buyer.buys({ ...input, idempotency_key: randomUUID() })),
    )

    expect(told.map(({ status, error }) => error?.code ?? status).sort()).toEqual(
      expect.arrayContaining(['completed']),
    )
    expect((await charges()) - before).toBe(1)
  })

  test('a cancellation and a charge end as cancelled and free, or as completed and paid', async () => {
    const statuses: string[] = []
    for (let after = 0; after < 100; after++) {
      const before = await charges()
      const input = await wanted('northwind/module-search')
      const running = buyer.buys(input)
      const id = await operationOf(input.idempotency_key)
      await sleep(after) // spreads the hundred over the whole purchase
      const cancelled = await buyer.call('cancel_operation', { operation_id: id })
      const { status = '', error } = await running

      statuses.push(status)
      expect(['completed', 'cancelled'], JSON.stringify(error)).toContain(status)
      expect(cancelled.error?.code ?? 'too_late_to_cancel').toBe('too_late_to_cancel')
      expect((await charges()) - before).toBe(status === 'completed' ? 1 : 0)
    }
    expect(new Set(statuses)).toEqual(new Set(['completed', 'cancelled']))
  })

  async function operationOf(key: string): Promise<string> {
    for (;;) {
      const row = await shop.db
        .selectFrom('operations')
        .select('id')
        .where('idempotency_key', '=', key)
        .executeTakeFirst()
      if (row) return row.id
    }
  }
})
