import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { readOperation } from '#domain/operations'
import { setKillSwitch, setSpendingRules, spendingSettings } from '#domain/spending'
import type { OperationId } from '#kernel/ids'
import { aQuotedCart } from '../support/a-cart.ts'
import { aProject } from '../support/a-market.ts'
import { type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { EUR } from '../support/a-spender.ts'
import { storyTest } from '../support/a-story.ts'
import { aWait, pageBehind } from '../support/a-wait.ts'
import { justBefore } from '../support/faults.ts'
import { LABELS, purchaseOf, SEARCH } from '../support/two-vendors.ts'

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

const limit = (
  { db, market }: Shop,
  { connection }: Pick<Assistant, 'connection'>,
  { by = 'buyer', most }: { by?: string; most: number },
) =>
  setSpendingRules(db, {
    connection,
    by: market.person(by),
    rules: { limits: [EUR(most)], vendors: 'all', subscriptions: true },
    at: new Date(),
  })

/** The connection that started an operation. */
async function connectionOf({ db }: Shop, operation: OperationId) {
  const { connectionId } = await readOperation(db, operation)
  if (!connectionId) throw new Error(`${operation} has no connection`)
  return { connection: connectionId }
}

/** The states and amounts of the holds of a connection. */
async function holdsOf({ db }: Shop, { connection }: Pick<Assistant, 'connection'>) {
  const rows = await db
    .selectFrom('spending_holds')
    .select(['amount', 'state'])
    .where('connection_id', '=', connection)
    .orderBy('amount', 'desc')
    .execute()
  return rows.map(({ amount, state }) => `${state} ${amount}`)
}

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

  test('a dry run and a quote of the cart tell what is left, and whether the purchase would be refused', async ({
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

  test('ten calls with one key hold the amount once', async ({ shop }) => {
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

  test('a declined line may be spent again', async ({ shop }) => {
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

describe.skipIf(!timeSkippingServer)('while an order is open', { timeout: 60_000 }, () => {
  test('a stop of the assistants between two charges spares what is paid and stops the rest', async ({
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

  test('while the assistants are stopped, nobody can confirm the payment of their purchase at the bank', async ({
    shop,
  }) => {
    const wait = await aWait(shop, 'threeds')
    const tara = await shop.visitor('threeds')
    const initech = { org: 'initech', by: 'threeds' }
    await stop(shop, true, initech)

    await tara.get(wait.path)
    const refused = await tara.post(wait.path)
    await stop(shop, false, initech)
    await shop.bank.answerBank(await pageBehind(tara, wait.path), 'approve')
    await tara.get(`${wait.path}/return`)

    expect(refused.body).toContain('The org has stopped all purchases by assistants.')
    expect(refused.body).toContain('/account/integrations')
    expect(await wait.over()).toMatchObject({ status: 'completed' })
  })

  test('a limit that is lowered during the wait at the bank spares the payment there and stops the next', async ({
    shop,
  }) => {
    const wait = await aWait(shop, 'threeds', { packages: [SEARCH, LABELS] })
    const assistant = await connectionOf(shop, wait.id)
    const tara = await shop.visitor('threeds')
    await limit(shop, assistant, { by: 'threeds', most: 67 })

    await shop.bank.answerBank(await pageBehind(tara, wait.path), 'approve')
    await tara.get(`${wait.path}/return`)

    expect(await wait.over()).toMatchObject({
      status: 'completed',
      result: { total: { amount_minor: 4900 }, refused: [{ code: 'spending_limit_reached' }] },
    })
    expect(await holdsOf(shop, assistant)).toEqual(['settled 4900', 'released 1900'])
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
