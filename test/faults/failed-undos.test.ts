import { randomUUID } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/common'
import { describe, expect } from 'vitest'
import { openIncidents } from '#domain/incidents'
import type { Steps } from '../support/faults.ts'
import { aQuotedCart, pollWhileRunning } from '../support/a-cart.ts'
import { aProject } from '../support/a-market.ts'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { shopTest } from '../support/a-story.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'
import { heldBy, LABELS, SEARCH } from '../support/two-vendors.ts'

const test = shopTest({ skipsWaits: true })

/** Charges the first vendor and reports that as a refusal. Refuses the undo `times` times. */
function refusingTheUndo(steps: Steps, times = 1_000): Steps {
  let left = times
  return {
    ...steps,
    async chargeLine(input) {
      const result = await steps.chargeLine(input)
      if (input.position === 1) throw ApplicationFailure.nonRetryable('it was refused', 'payment_refused')
      return result
    },
    async undoCharge(input) {
      if (input.position === 1 && left-- > 0) throw ApplicationFailure.nonRetryable('no refund', 'refused')
      return steps.undoCharge(input)
    },
  }
}

describe.skipIf(!timeSkippingServer)('a charge that cannot be undone', () => {
  /** The kinds of the open entries about an operation on the operators' list. */
  const listedFor = async (shop: Shop, id: string) =>
    (await openIncidents(shop.db)).filter(({ object }) => object === id).map(({ kind }) => kind)
  /** The status of the run in Temporal. */
  const endOf = async (shop: Shop, story: string, id: string) =>
    (await shop.workflows.getHandle(`${story}/${id}`).describe()).status.name

  test('a charge that cannot be undone alerts an operator, and the other vendor is still bought', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    const input = await aQuotedCart(buyer, [SEARCH, LABELS], { project })
    shop.breaks((steps) => refusingTheUndo(steps))

    const response = await pollWhileRunning(buyer, buyer.call('checkout_cart', input))

    expect(response).toMatchObject({
      status: 'completed',
      result: {
        total: { amount_minor: 4900 },
        licences: [{ package: SEARCH, activated: true }],
        refused: [{ vendor: 'fabrikam', code: 'undo_failed' }],
        auth_json: { 'http-basic': {} },
      },
    })
    expect(await heldBy(shop, project)).toEqual([SEARCH])
    expect(await listedFor(shop, response.operation_id)).toEqual(['undo_failed'])
    await expect.poll(() => endOf(shop, 'checkout_cart', response.operation_id)).toBe('FAILED')
    expect(await buyer.call('get_cart', {})).toMatchObject({ items: [{ package: LABELS }] })
    expect((await findLedgerMismatches(shop)).join()).toMatch(/The line \w+ cost 1900/)
  })

  test('a charge that cannot be undone alerts an operator even when the purchase is cancelled', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    shop.breaks((steps) => {
      const faulty = refusingTheUndo(steps)
      return {
        ...faulty,
        async undoCharge(input) {
          const run = shop.workflows.getHandle(`purchase_and_install_package/${input.operationId}`)
          if (input.position === 1) await run.cancel()
          return faulty.undoCharge(input)
        },
      }
    })

    const response = await buyer.buys({ packages: [SEARCH, LABELS], project, idempotency_key: randomUUID() })

    expect(response).toMatchObject({ status: 'failed', error: { code: 'undo_failed' } })
    expect(response.error.next_step).toContain('do not start again')
    expect(await listedFor(shop, response.operation_id)).toEqual(['undo_failed'])
  })

  test('an undo that failed once is tried again when the whole purchase is undone', async ({
    shop,
    buyer,
  }) => {
    const before = (await shop.bank.money()).totals
    const { id: project } = await aProject(shop.market)
    shop.breaks((steps) => ({
      ...refusingTheUndo(steps, 1),
      async deliverPurchase() {
        throw ApplicationFailure.nonRetryable('it cannot be done')
      },
    }))

    const response = await buyer.buys({ packages: [SEARCH, LABELS], project, idempotency_key: randomUUID() })

    expect(response).toMatchObject({ status: 'failed', error: { code: 'could_not_be_delivered' } })
    expect((await shop.bank.money()).totals.net).toBe(before.net)
    // nothing is owed any more
    expect(await listedFor(shop, response.operation_id)).toEqual([])
  })
})
