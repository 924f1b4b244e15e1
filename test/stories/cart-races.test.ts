import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { addMember } from '#domain/orgs'
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

describe.skipIf(!timeSkippingServer)('a checkout of a member who left', { timeout: 60_000 }, () => {
  test('an owner or admin ends the checkout of a member who left, and gets the cart back; a developer does not', async ({
    shop,
  }) => {
    const [org, customer] = [shop.market.org('initech'), shop.market.person('buyer')]
    const tara = await shop.assistant({ name: 'threeds', org: 'initech' })
    const cart = await aQuotedCart(tara, [SEARCH], { new_project: { name: 'Left' } })
    const { operation_id } = await pollWhileRunning(tara, tara.call('checkout_cart', cart))
    await shop.db.deleteFrom('org_members').where('customer_id', '=', shop.market.person('threeds')).execute()
    await addMember(shop.db, { org, customer, role: 'developer', at: new Date() })
    const bea = await shop.assistant({ name: 'buyer', org: 'initech' })
    const stop = () => bea.call('cancel_operation', { operation_id })

    const asDeveloper = await stop()
    await shop.db
      .updateTable('org_members')
      .set({ role: 'admin' })
      .where('customer_id', '=', customer)
      .where('org_id', '=', org)
      .execute()
    const own = await bea.call('get_operation', { operation_id })
    const asAdmin = await stop()

    expect(asDeveloper.error.code).toBe('operation_not_found')
    expect(own.error.code).toBe('operation_not_found')
    expect(asAdmin).toEqual({
      isError: false,
      operation_id,
      story: 'checkout_cart',
      org: 'initech',
      // its member may not buy any more, which the run notices first
      status: 'failed',
    })
    expect(await bea.call('remove_from_cart', { packages: [SEARCH] })).toMatchObject({ isError: false })
    await addMember(shop.db, { org, customer: shop.market.person('threeds'), role: 'owner', at: new Date() })
  })
})
