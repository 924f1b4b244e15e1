import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { spendingSettings } from '#domain/spending'
import { aQuotedCart } from '../support/a-cart.ts'
import { aProject } from '../support/a-market.ts'
import { timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
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

describe.skipIf(!timeSkippingServer)('an assistant with a spending limit', { timeout: 60_000 }, () => {
  test('a purchase above the limit is refused, says what is left and where to raise it, and takes no money', async ({
    shop,
  }) => {
    const assistant = await shop.assistant()
    await purchaseOf(shop, assistant)

    const { response, ...outcome } = await purchaseOf(shop, assistant, [SEARCH])

    expect(outcome).toMatchObject({ charged: 0, paid: 0, held: [] })
    expect(response).toMatchObject({
      status: 'failed',
      error: {
        code: 'spending_limit_reached',
        message:
          'This costs 49.00 EUR. The limit of the connection is 100.00 EUR per day (UTC), and 32.00 EUR is left for its next purchase.',
        next_step:
          'Buy less, or wait until midnight UTC. The user can change this connection at /account/integrations. Then use a new idempotency_key.',
      },
    })
    expect(await holdsOf(shop, assistant)).toEqual(['settled 4900', 'settled 1900'])
  })

  test('a dry run and a quote of the cart show what is left, and whether the purchase would be refused', async ({
    shop,
  }) => {
    const assistant = await shop.assistant()
    const { id: project } = await aProject(shop.market)
    const dryRun = (packages: string[]) =>
      assistant.call('purchase_and_install_package', {
        packages,
        project,
        dry_run: true,
        idempotency_key: randomUUID(),
      })

    const [fits, before] = [await dryRun([SEARCH]), await dryRun([SEARCH, LABELS, 'northwind/module-stock'])]
    await purchaseOf(shop, assistant)
    const after = await dryRun([SEARCH])
    await aQuotedCart(assistant, [SEARCH], { project })
    const ofCart = await assistant.call('quote_cart', { project })
    await assistant.call('remove_from_cart', { packages: [SEARCH] })

    const left = (text: string) => expect.objectContaining({ text })
    expect(fits.result.spending).toEqual({ left: left('100.00 EUR') })
    expect(before.result.spending).toMatchObject({
      left: left('100.00 EUR'),
      refused: {
        code: 'spending_limit_reached',
        next_step: expect.stringContaining('/account/integrations'),
      },
    })
    expect(after.result.spending).toMatchObject({
      left: left('32.00 EUR'),
      refused: { code: 'spending_limit_reached' },
    })
    expect(ofCart).toMatchObject({
      spending: { left: left('32.00 EUR'), refused: { code: 'spending_limit_reached' } },
    })
  })

  test('twenty purchases at the same time, with different keys, spend no more than the limit', async ({
    shop,
  }) => {
    const assistant = await shop.assistant()
    const before = (await shop.bank.money()).totals
    const projects = await Promise.all(Array.from({ length: 20 }, () => aProject(shop.market)))

    const responses = await Promise.all(
      projects.map(({ id: project }) =>
        assistant.buys({ packages: [SEARCH], project, idempotency_key: randomUUID() }),
      ),
    )

    const ends = responses.map(({ status, error }) => error?.code ?? status)
    expect(ends.filter((end) => end === 'completed')).toHaveLength(2)
    expect(ends.filter((end) => end === 'spending_limit_reached')).toHaveLength(18)
    expect((await shop.bank.money()).totals.net - before.net).toBe(9800)
  })

  test('ten calls with one idempotency key hold the amount once', async ({ shop }) => {
    const assistant = await shop.assistant()
    await limit(shop, assistant, { most: 49 })
    const input = {
      packages: [SEARCH],
      project: (await aProject(shop.market)).id,
      idempotency_key: randomUUID(),
    }

    const responses = await Promise.all(Array.from({ length: 10 }, () => assistant.buys(input)))

    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set(['completed']))
    expect(await holdsOf(shop, assistant)).toEqual(['settled 4900'])
  })

  test('the amount of a declined line may be spent again', async ({ shop }) => {
    const assistant = await shop.assistant()
    await limit(shop, assistant, { most: 68 })
    shop.breaks((steps) => ({
      ...steps,
      async chargeLine(input) {
        if (input.position === 1)
          await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'decline' })
        return steps.chargeLine(input)
      },
    }))

    expect(await purchaseOf(shop, assistant)).toMatchObject({ paid: 1900 })
    shop.breaks()

    expect(await holdsOf(shop, assistant)).toEqual(['released 4900', 'settled 1900'])
    expect(await purchaseOf(shop, assistant, [SEARCH])).toMatchObject({ paid: 4900 })
  })

  test('a purchase whose card is declined holds nothing afterwards', async ({ shop }) => {
    const assistant = await shop.assistant({ name: 'declined', org: 'umbrella' })

    const response = await assistant.buys({
      packages: [SEARCH],
      project: (await aProject(shop.market, { org: 'umbrella' })).id,
      idempotency_key: randomUUID(),
    })

    expect(response).toMatchObject({ status: 'failed', error: { code: 'card_declined' } })
    expect(await holdsOf(shop, assistant)).toEqual(['released 4900'])
  })
})
