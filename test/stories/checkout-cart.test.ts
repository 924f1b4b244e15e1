import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { aQuotedCart, pollWhileRunning } from '../support/a-cart.ts'
import { aProject } from '../support/a-market.ts'
import { type Assistant, type Shop, timeSkippingServer, type ToolResponse } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'

const SEARCH = 'northwind/module-search'
const STOCK = 'northwind/module-stock'
const FREE = 'fabrikam/module-broken'
const LABELS = 'fabrikam/module-labels'

/** After each test the cart of the buyer is emptied. */
const test = storyTest().extend('emptyCart', { auto: true }, ({ buyer }, { onCleanup }) => {
  onCleanup(async () => {
    const left = await cartOf(buyer)
    if (left.length) await buyer.call('remove_from_cart', { packages: left })
  })
})

async function cartOf({ call }: Assistant): Promise<string[]> {
  const { items } = (await call('get_cart', {})) as ToolResponse & { items?: { package: string }[] }
  return (items ?? []).map((item) => item.package)
}

describe.skipIf(!timeSkippingServer)('checking out the cart', () => {
  const checkOut = (assistant: Assistant, input: Record<string, unknown>) =>
    pollWhileRunning(assistant, assistant.call('checkout_cart', input))
  const totals = async (shop: Shop) => (await shop.bank.money()).totals

  test('checking out a cart buys all its packages with a charge per vendor, and leaves the cart empty', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    const before = await totals(shop)
    const input = await aQuotedCart(buyer, [SEARCH, LABELS], { project })

    const response = await checkOut(buyer, input)
    const again = await checkOut(buyer, input)

    expect(response).toMatchObject({
      story: 'checkout_cart',
      status: 'completed',
      result: {
        total: { amount_minor: 6800 },
        project,
        licences: [
          { package: LABELS, outcome: 'bought', activated: true },
          { package: SEARCH, outcome: 'bought', activated: true },
        ],
        auth_json: { 'http-basic': {} },
      },
    })
    expect(again).toMatchObject({ operation_id: response.operation_id, status: 'completed', replayed: true })
    const after = await totals(shop)
    expect(after.succeeded_charges - before.succeeded_charges).toBe(2)
    expect(after.net - before.net).toBe(6800)
    expect(await cartOf(buyer)).toEqual([])
  })

  test('checking out without a project gives the licences to the org, which can activate them later', async ({
    shop,
    buyer,
  }) => {
    const response = await checkOut(buyer, await aQuotedCart(buyer, [STOCK]))

    expect(response).toMatchObject({
      status: 'completed',
      result: { licences: [{ package: STOCK, outcome: 'bought', activated: false }] },
    })
    expect(response.result).not.toHaveProperty('auth_json')
    expect(response.result.next_step).toContain('activate_licence')
    const [{ id }] = response.result.licences as [{ id: string }]
    const { id: project } = await aProject(shop.market)
    expect(await buyer.call('activate_licence', { licence: id, project })).toMatchObject({ licence: id })
  })

  test('a package whose vendor could not be charged stays in the cart', async ({ shop, buyer }) => {
    const input = await aQuotedCart(buyer, [SEARCH, LABELS])
    shop.breaks((steps) => ({
      ...steps,
      async chargeLine(step) {
        if (step.position === 2)
          await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'decline' })
        return steps.chargeLine(step)
      },
    }))

    const response = await checkOut(buyer, input)

    expect(response).toMatchObject({
      status: 'completed',
      result: {
        licences: [{ package: LABELS }],
        refused: [{ vendor: 'northwind', packages: [SEARCH], code: 'card_declined' }],
      },
    })
    expect(await cartOf(buyer)).toEqual([SEARCH])
  })

  test('a checkout that is declined leaves the cart unchanged', async ({ shop }) => {
    const declined = await shop.assistant({ name: 'declined', org: 'umbrella' })
    const input = await aQuotedCart(declined, [SEARCH, LABELS])

    expect(await checkOut(declined, input)).toMatchObject({
      status: 'failed',
      error: { code: 'card_declined' },
    })
    expect(await cartOf(declined)).toEqual([LABELS, SEARCH])
  })

  test('a checkout that is declined also releases the existing licence that it would have used', async ({
    shop,
  }) => {
    const declined = await shop.assistant({ name: 'declined', org: 'umbrella' })
    await declined.call('remove_from_cart', { packages: await cartOf(declined) })
    const had = await checkOut(declined, await aQuotedCart(declined, [FREE]))
    expect(had).toMatchObject({ status: 'completed' })

    const response = await checkOut(declined, await aQuotedCart(declined, [FREE, SEARCH]))

    expect(response).toMatchObject({ status: 'failed', error: { code: 'card_declined' } })
    expect(await declined.call('quote_cart', {})).toMatchObject({
      lines: [
        { package: FREE, action: 'use_existing' },
        { package: SEARCH, action: 'buy' },
      ],
    })
  })

  test('a checkout is refused when the cart changed after its quote', async ({ shop, buyer }) => {
    const before = await totals(shop)
    const input = await aQuotedCart(buyer, [LABELS])
    await buyer.call('add_to_cart', { packages: [STOCK] })

    const response = await checkOut(buyer, input)

    expect(response).toMatchObject({ status: 'failed', error: { code: 'price_changed' } })
    expect(await totals(shop)).toEqual(before)
    expect(await cartOf(buyer)).toEqual([LABELS, STOCK])
  })

  test('only a connection that may start a checkout may cancel it', async ({ shop }) => {
    const tara = await shop.assistant({ name: 'threeds', org: 'initech' })
    const reader = await shop.assistant({ name: 'threeds', org: 'initech', scopes: ['read'] })
    const response = await checkOut(tara, await aQuotedCart(tara, [LABELS]))
    const amount = { currency: 'EUR', text: expect.stringMatching(/^\d+\.\d\d EUR$/) }
    expect(response.next_action).toMatchObject({
      reason: 'authentication',
      sign_in_as: 'threeds@example.test',
      vendor: 'fabrikam',
      amount,
      already_paid: [],
      message: expect.stringMatching(
        /signed in as threeds@example\.test \(\d+\.\d\d EUR to fabrikam; nothing is paid yet\), then call/,
      ),
    })
    const waiting = await tara.call('list_operations', { status: 'waiting_for_you', limit: 1 })
    expect(waiting).toMatchObject({
      items: [
        {
          operation_id: response.operation_id,
          packages: [LABELS],
          amount,
          waiting_for: 'authentication',
          url: response.next_action?.url,
        },
      ],
    })

    const refused = await reader.call('cancel_operation', { operation_id: response.operation_id })

    expect(refused).toMatchObject({ isError: true, error: { code: 'insufficient_scope' } })
    expect(await tara.call('get_operation', { operation_id: response.operation_id })).toMatchObject({
      status: 'waiting_for_you',
    })
    await tara.call('cancel_operation', { operation_id: response.operation_id })
    await pollWhileRunning(tara, tara.call('get_operation', { operation_id: response.operation_id }))
    await tara.call('remove_from_cart', { packages: [LABELS] })
  })

  test('a quote can be used for one checkout only', async ({ buyer }) => {
    const input = await aQuotedCart(buyer, ['northwind/module-hello'])
    await checkOut(buyer, input)
    await buyer.call('add_to_cart', { packages: ['northwind/module-hello'] })

    const response = await checkOut(buyer, { ...input, idempotency_key: randomUUID() })

    expect(response).toMatchObject({ status: 'failed', error: { code: 'quote_already_used' } })
  })

  test('a checkout holds the cart while it waits for the bank, and releases it when it is cancelled', async ({
    shop,
  }) => {
    const tara = await shop.assistant({ name: 'threeds', org: 'initech' })
    const response = await checkOut(tara, await aQuotedCart(tara, [SEARCH]))
    expect(response).toMatchObject({ status: 'waiting_for_you' })

    for (const [tool, input] of [
      ['add_to_cart', { packages: [{ package: SEARCH, edition: 'commerce' }] }],
      ['remove_from_cart', { packages: [SEARCH] }],
      ['quote_cart', {}],
    ] as const)
      expect(await tara.call(tool, input)).toMatchObject({
        isError: true,
        error: { code: 'cart_is_being_checked_out' },
      })
    expect(await tara.call('get_cart', {})).toMatchObject({ items: [{ being_checked_out: true }] })
    expect(await tara.call('add_to_cart', { packages: [LABELS] })).toMatchObject({ isError: false })
    await tara.call('cancel_operation', { operation_id: response.operation_id })
    const over = await pollWhileRunning(
      tara,
      tara.call('get_operation', { operation_id: response.operation_id }),
    )

    expect(over).toMatchObject({ status: 'cancelled' })
    expect(await tara.call('quote_cart', {})).toMatchObject({ total: { amount_minor: 6800 } })
  })

  test('a checkout for a project of another org is refused like an unknown project, and costs nothing', async ({
    shop,
    buyer,
  }) => {
    const before = await totals(shop)
    const { id: theirs } = await aProject(shop.market, { org: 'globex' })
    const responses: ToolResponse[] = []
    for (const project of [theirs, 'prj_01JD00000000000000000000AA']) {
      const input = await aQuotedCart(buyer, [SEARCH])
      responses.push(await checkOut(buyer, { ...input, project }))
    }

    expect(responses[0]).toMatchObject({ status: 'failed', error: { code: 'project_not_found' } })
    expect(responses[1]?.error).toEqual(responses[0]?.error)
    expect(await totals(shop)).toEqual(before)
    expect(await cartOf(buyer)).toEqual([SEARCH])
  })

  test('an empty cart has no quote', async ({ buyer }) => {
    expect(await buyer.call('quote_cart', {})).toMatchObject({ error: { code: 'cart_is_empty' } })
  })
})
