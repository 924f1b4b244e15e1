import { randomUUID } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/common'
import { describe, expect } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { awayFor } from '../support/faults.ts'
import { heldBy, LABELS, purchaseOf, SEARCH } from '../support/two-vendors.ts'

const test = storyTest({ skipsWaits: true })

/** A free package of the vendor of LABELS. */
const FREE = 'fabrikam/module-broken'

describe.skipIf(!timeSkippingServer)('a purchase from two vendors', { timeout: 60_000 }, () => {
  const purchase = (shop: Shop, buyer: Assistant) => purchaseOf(shop, buyer)

  test('a purchase from two vendors is one order with a line and a charge for each vendor', async ({
    shop,
    buyer,
  }) => {
    const { response, ...outcome } = await purchase(shop, buyer)

    expect(outcome).toMatchObject({ charged: 2, paid: 4900 + 1900, held: [LABELS, SEARCH] })
    expect(response).toMatchObject({ status: 'completed', result: { total: { amount_minor: 6800 } } })
    expect(response.result).not.toHaveProperty('refused')
    const order = await buyer.call('get_order', {
      order: response.result.order_id,
      response_format: 'detailed',
    })
    expect(order).toMatchObject({
      total: { amount_minor: 6800 },
      lines: [
        { vendor: 'northwind', state: 'paid', total: { amount_minor: 4900 } },
        { vendor: 'fabrikam', state: 'paid', total: { amount_minor: 1900 } },
      ],
    })
  })

  /** Makes the bank decline the charge of the line at this position. */
  const declining = (shop: Shop, position: number) =>
    shop.breaks((steps) => ({
      ...steps,
      async chargeLine(input) {
        if (input.position === position)
          await shop.bank.next({ match: { method: 'POST', path: '/confirm' }, answer: 'decline' })
        return steps.chargeLine(input)
      },
    }))

  test.for([
    [1, 'northwind', SEARCH, LABELS, 1900],
    [2, 'fabrikam', LABELS, SEARCH, 4900],
  ] as const)(
    'when the charge of vendor %i is declined, the purchase from the other vendor completes',
    async ([position, vendor, refused, bought, paid], { shop, buyer }) => {
      declining(shop, position)

      const { response, ...outcome } = await purchase(shop, buyer)

      expect(outcome).toMatchObject({ charged: 1, paid, held: [bought] })
      expect(response).toMatchObject({
        status: 'completed',
        isError: false,
        result: {
          total: { amount_minor: paid },
          licences: [{ package: bought, activated: true }],
          refused: [{ vendor, packages: [refused], code: 'card_declined' }],
        },
      })
      expect(response.result.composer_commands).toContain(`composer require ${bought}`)
      expect(
        await buyer.call('get_order', { order: response.result.order_id, response_format: 'detailed' }),
      ).toMatchObject({
        status: 'completed',
        total: { amount_minor: paid },
        licences: [{ package: bought, status: 'active' }],
      })
      shop.breaks()
      // what was refused can be bought again for the same project
      const again = await buyer.buys({
        packages: [refused],
        project: outcome.project,
        idempotency_key: randomUUID(),
      })
      expect(again).toMatchObject({ status: 'completed' })
    },
  )

  test('a purchase fails when every charge is declined, and then delivers no free package either', async ({
    shop,
    buyer,
  }) => {
    const declined = await shop.assistant({ name: 'declined', org: 'umbrella' })
    const { id: project } = await aProject(shop.market, { org: 'umbrella' })

    for (const packages of [
      [SEARCH, LABELS],
      [FREE, SEARCH],
    ]) {
      const response = await declined.buys({ packages, project, idempotency_key: randomUUID() })

      expect(response).toMatchObject({ status: 'failed', error: { code: 'card_declined' } })
      expect(await heldBy(shop, project)).toEqual([])
    }
    expect(await purchaseOf(shop, buyer, [FREE, SEARCH])).toMatchObject({
      charged: 1,
      paid: 4900,
      held: [FREE, SEARCH],
    })
  })

  test('a purchase from two vendors waits only one day for a cardholder who never comes', async ({
    shop,
  }) => {
    const tara = await shop.assistant({ name: 'threeds', org: 'initech' })
    shop.breaks(awayFor('23h', 'lookAtPayment'))
    const idempotency_key = randomUUID()
    const input = { packages: [SEARCH, LABELS], new_project: { name: 'Never' }, idempotency_key }

    let response = await tara.call('purchase_and_install_package', input)
    while (response.status !== 'failed')
      response = await tara.call('get_operation', { operation_id: response.operation_id, wait_ms: 1_000 })

    expect(response.error).toMatchObject({ code: 'wait_expired' })
    const { created_at, finished_at } = await shop.db
      .selectFrom('operations')
      .select(['created_at', 'finished_at'])
      .where('id', '=', response.operation_id)
      .executeTakeFirstOrThrow()
    const hours = (Number(finished_at) - Number(created_at)) / 3_600_000
    expect(hours).toBeGreaterThan(23.9)
    expect(hours).toBeLessThan(25)
  })

  test('a lost card is not charged for the second vendor', async ({ shop }) => {
    const declined = await shop.assistant({ name: 'declined', org: 'umbrella' })
    const { id: project } = await aProject(shop.market, { org: 'umbrella' })
    const { id, atBank } = await shop.db
      .selectFrom('payment_methods')
      .select(['id', 'stripe_payment_method_id as atBank'])
      .where('org_id', '=', shop.market.org('umbrella'))
      .executeTakeFirstOrThrow()
    const lost = { answer: 'decline', decline_code: 'lost_card', advice_code: 'do_not_try_again' }
    await shop.bank.sim(`payment_methods/${atBank}`, lost)
    const confirms = async () =>
      (await shop.bank.requests()).filter(({ path }) => path.endsWith('/confirm')).length
    const before = await confirms()

    const response = await declined.buys({
      packages: [SEARCH, LABELS],
      project,
      payment_method: id,
      idempotency_key: randomUUID(),
    })

    expect(response).toMatchObject({ status: 'failed', error: { code: 'card_declined' } })
    expect((await confirms()) - before).toBe(1)
  })

  test('when the result of the second charge is always lost, both vendors are delivered', async ({
    shop,
    buyer,
  }) => {
    shop.breaks((steps) => ({
      ...steps,
      async chargeLine(input) {
        const result = await steps.chargeLine(input)
        if (input.position === 2) throw new Error('the result was lost')
        return result
      },
    }))

    const { response, ...outcome } = await purchase(shop, buyer)

    expect(outcome).toMatchObject({ charged: 2, paid: 6800, held: [LABELS, SEARCH] })
    expect(response.result).not.toHaveProperty('refused')
  })

  test.for(['recheckPurchase', 'chargeLine', 'settleLine', 'deliverPurchase'] as const)(
    'each vendor is charged once when one result of %s is lost for each vendor',
    async (step, { shop, buyer }) => {
      const lost = new Set<unknown>()
      shop.breaks((steps) => {
        const original = steps[step] as (input: unknown) => Promise<unknown>
        const faulty = async (input: { position?: number }) => {
          const result = await original(input)
          if (lost.has(input.position)) return result
          lost.add(input.position)
          throw new Error('the result was lost')
        }
        return { ...steps, [step]: faulty }
      })

      expect(await purchase(shop, buyer)).toMatchObject({ charged: 2, paid: 6800, held: [LABELS, SEARCH] })
    },
  )

  test.for(['settleLine', 'deliverPurchase'] as const)(
    'both charges are refunded when %s cannot be done after them',
    async (step, { shop, buyer }) => {
      shop.breaks((steps) => ({
        ...steps,
        [step]: async (input: { position?: number }) => {
          if (input.position === 1) return steps.settleLine(input as never)
          throw ApplicationFailure.nonRetryable('it cannot be done')
        },
      }))

      const { response, ...outcome } = await purchase(shop, buyer)

      expect(outcome).toMatchObject({ charged: 2, paid: 0, held: [] })
      expect(response).toMatchObject({ status: 'failed', error: { code: 'could_not_be_delivered' } })
    },
  )
})
