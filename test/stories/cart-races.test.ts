import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { aQuotedCart, pollWhileRunning } from '../support/a-cart.ts'
import { type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'

const test = storyTest()
const SEARCH = 'northwind/module-search'
const THEME = 'northwind/theme-plain'

const checkOut = (assistant: Assistant, input: Record<string, unknown>) =>
  pollWhileRunning(assistant, assistant.call('checkout_cart', input))

const ordersOf = ({ db }: Shop, operation = '') =>
  db
    .selectFrom('orders')
    .select('id')
    .where('operation_id', '=', operation as never)
    .execute()

describe.skipIf(!timeSkippingServer)('two checkouts of one cart', () => {
  test('a cart that two members check out at once is charged once, and the second member gets a refusal', async ({
    shop,
    buyer,
  }) => {
    const billing = await shop.assistant({ name: 'billing' })
    const before = (await shop.bank.money()).totals
    const both = [await aQuotedCart(buyer, [SEARCH]), await aQuotedCart(billing, [SEARCH])] as const

    const responses = await Promise.all([checkOut(buyer, both[0]), checkOut(billing, both[1])])

    const after = (await shop.bank.money()).totals
    expect(after.succeeded_charges - before.succeeded_charges).toBe(1)
    expect(after.net - before.net).toBe(4900)
    const [won, ...more] = responses.filter(({ status }) => status === 'completed')
    expect([won?.result.licences, more]).toMatchObject([[{ package: SEARCH, outcome: 'bought' }], []])
    const [lost] = responses.filter(({ status }) => status === 'failed')
    expect(lost?.error.code).toMatch(/^cart_is_(being_checked_out|empty)$/)
    expect(await ordersOf(shop, lost?.operation_id)).toEqual([])
  })

  test('a cart is held from its order on, and is empty after the delivery', async ({ shop, buyer }) => {
    const billing = await shop.assistant({ name: 'billing' })
    const mine = await aQuotedCart(buyer, [THEME])
    const theirs = await aQuotedCart(billing, [THEME])
    await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'held' })
    const winning = checkOut(buyer, mine)
    await shop.bank.untilHeld()

    const early = await checkOut(billing, theirs)
    await shop.bank.release()
    expect(await winning).toMatchObject({ status: 'completed' })
    const late = await checkOut(billing, { ...theirs, idempotency_key: randomUUID() })

    expect(early.error.code).toBe('cart_is_being_checked_out')
    expect(late.error.code).toBe('cart_is_empty')
    expect([await ordersOf(shop, early.operation_id), await ordersOf(shop, late.operation_id)]).toEqual([
      [],
      [],
    ])
  })
})
