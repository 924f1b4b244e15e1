import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import type { OperationId } from '#kernel/ids'
import { DomainError } from '#kernel/errors'
import { openIncidents } from '#domain/incidents'
import { PaymentsMisconfigured } from '#platform/payments'
import { needsOperatorAttribute } from '#contracts/messages'
import { aProject } from '../support/a-market.ts'
import { type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { shopTest } from '../support/a-story.ts'
import { eachStep, withPauses } from '../support/faults.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'

const test = shopTest({ skipsWaits: true })

class Impossible extends DomainError {
  constructor() {
    super('refused', 'impossible', 'It cannot be undone.')
  }
}

/** What node-postgres throws while Postgres has no connection left. */
const outage = () => Object.assign(new Error('sorry, too many clients already'), { code: '53300' })

describe.skipIf(!timeSkippingServer)('an alert for an operator', { timeout: 60_000 }, () => {
  async function buy(shop: Shop, assistant: Assistant, name: string, org = 'acme-retail') {
    const { id: project } = await aProject(shop.market, { org })
    return assistant.buys({ packages: [name], project, idempotency_key: randomUUID() })
  }
  /** The open entries of the operators' list about an operation. */
  const listedFor = async (shop: Shop, id: OperationId) =>
    (await openIncidents(shop.db)).filter(({ object }) => object === id)
  const kindsFor = async (shop: Shop, id: OperationId) => (await listedFor(shop, id)).map(({ kind }) => kind)
  /** Whether this run is found by the search for runs that need an operator. */
  const isFlaggedRun = async (shop: Shop, id: OperationId) => {
    const run = await shop.workflows.getHandle(`purchase_and_install_package/${id}`).describe()
    return run.typedSearchAttributes.get(needsOperatorAttribute)
  }
  const runOf = async (shop: Shop, { operation_id }: { operation_id: OperationId }) => {
    const run = await shop.workflows.getHandle(`purchase_and_install_package/${operation_id}`).describe()
    return run.status.name
  }

  test('an operator is alerted when a step after the charge has failed for more than an hour, and not earlier', async ({
    shop,
  }) => {
    const seen: string[][] = []
    const isFlagged: unknown[] = []
    shop.breaks((steps) => ({
      ...steps,
      async settleLine(input) {
        seen.push(await kindsFor(shop, input.operationId))
        isFlagged.push(await isFlaggedRun(shop, input.operationId))
        if (seen.length < 25) throw outage()
        return steps.settleLine(input)
      },
    }))

    const response = await buy(shop, await shop.assistant(), 'northwind/module-search')

    expect(response).toMatchObject({ status: 'completed' })
    expect(seen.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => []))
    expect(seen.at(-1)).toEqual(['run_stuck'])
    expect(await kindsFor(shop, response.operation_id)).toEqual([])
    expect([isFlagged[0], isFlagged.at(-1)]).toEqual([undefined, true])
    await expect.poll(() => isFlaggedRun(shop, response.operation_id)).toBe(false)
    expect(await findLedgerMismatches(shop)).toEqual([])
  })

  test('an operator is alerted when an undo fails, and the other undos still run', async ({ shop }) => {
    const undone: string[] = []
    shop.breaks((steps) => ({
      ...steps,
      async undoCharge() {
        throw new Impossible()
      },
      async cancelOrder(input) {
        undone.push('cancelOrder')
        return steps.cancelOrder(input)
      },
    }))
    const response = await buy(
      shop,
      await shop.assistant({ name: 'declined', org: 'umbrella' }),
      'northwind/module-search',
      'umbrella',
    )

    expect(response).toMatchObject({ status: 'failed', error: { code: 'undo_failed' } })
    expect(undone).toEqual(['cancelOrder'])
    expect(await kindsFor(shop, response.operation_id)).toEqual(['undo_failed'])
    expect(await runOf(shop, response)).toBe('FAILED')
  })

  test('no operator is alerted for a refusal, whose run completes', async ({ shop }) => {
    const response = await buy(
      shop,
      await shop.assistant({ name: 'declined', org: 'umbrella' }),
      'northwind/module-search',
      'umbrella',
    )

    expect(await kindsFor(shop, response.operation_id)).toEqual([])
    expect(await runOf(shop, response)).toBe('COMPLETED')
  })

  test('no operator is alerted for a free package that could not be delivered, and its licence is revoked', async ({
    shop,
  }) => {
    shop.breaks(withPauses('6h', (steps) => ({ ...steps, deliverPurchase: () => Promise.reject(outage()) })))
    const response = await buy(shop, await shop.assistant(), 'northwind/module-hello')

    expect(response).toMatchObject({ status: 'failed', error: { code: 'could_not_be_delivered' } })
    const licences = await shop.db
      .selectFrom('licences')
      .select('status')
      .where('model', '=', 'free')
      .execute()
    expect(licences).toEqual([{ status: 'revoked' }])
    expect(await kindsFor(shop, response.operation_id)).toEqual([])
  })

  /** Sets a price that the bank refuses as too small: a defect of ours, because we sell at it. */
  async function buyBelowTheMinimum(shop: Shop, assistant: Assistant) {
    const price = shop.db
      .updateTable('package_prices')
      .where('package_id', '=', shop.market.package('northwind/module-search'))
    await price.set({ amount: 20 }).execute()
    try {
      return await buy(shop, assistant, 'northwind/module-search')
    } finally {
      await price.set({ amount: 4900 }).execute()
    }
  }

  test('a request of ours that the bank refuses is listed, logged with its operation, and found in the Temporal UI', async ({
    shop,
  }) => {
    const response = await buyBelowTheMinimum(shop, await shop.assistant())

    const { operation_id: id } = response
    expect(response).toMatchObject({ status: 'failed', error: { code: 'payment_refused' } })
    expect(await listedFor(shop, id)).toMatchObject([
      { kind: 'our_defect', detail: expect.stringMatching(/^chargeLine:line_1: \w+$/) },
    ])
    expect(errorsAbout(shop, id)).toMatchObject([{ step: 'chargeLine:line_1' }])
    expect(await runOf(shop, response)).toBe('FAILED')
    expect(await isFlaggedRun(shop, id)).toBe(true)
  })

  test('a purchase goes on when Postgres has no connection left for minutes before the charge, and nothing is listed', async ({
    shop,
    buyer,
  }) => {
    const left = { openOrder: 12, recheckPurchase: 12, chargeLine: 12 }
    shop.breaks((steps) =>
      eachStep(steps, (name, working) => async (input) => {
        if (name in left && left[name as keyof typeof left]-- > 0) throw outage()
        return working(input)
      }),
    )

    const response = await buy(shop, buyer, 'northwind/module-search')

    expect(response).toMatchObject({ status: 'completed' })
    expect(await kindsFor(shop, response.operation_id)).toEqual([])
  })

  test('an outage that lasts too long ends a purchase with nothing owed, so nothing is listed', async ({
    shop,
    buyer,
  }) => {
    let attempts = 0
    shop.breaks((steps) => ({
      ...steps,
      async chargeLine() {
        attempts++
        throw outage()
      },
    }))
    const before = await shop.now()

    const response = await buy(shop, buyer, 'northwind/module-search')

    expect(response).toMatchObject({ status: 'failed', error: { code: 'temporarily_unavailable' } })
    expect(attempts).toBeGreaterThan(20)
    expect((await shop.now()).getTime() - before.getTime()).toBeGreaterThan(9 * 60_000)
    expect(await kindsFor(shop, response.operation_id)).toEqual([])
  })

  test('a step that a bug of ours ends is listed with the class of its error, and never with its message', async ({
    shop,
    buyer,
  }) => {
    shop.breaks((steps) => ({
      ...steps,
      openOrder: () => Promise.reject(new TypeError('a secret of somebody')),
    }))

    const response = await buy(shop, buyer, 'northwind/module-search')

    expect(response).toMatchObject({ status: 'failed', error: { code: 'temporarily_unavailable' } })
    expect(await listedFor(shop, response.operation_id)).toMatchObject([
      { kind: 'our_defect', detail: 'openOrder: TypeError' },
    ])
    expect(await runOf(shop, response)).toBe('FAILED')
  })

  test('a key that the bank does not accept is listed once for all purchases, until it accepts one', async ({
    shop,
    buyer,
  }) => {
    const keys = async () => (await openIncidents(shop.db)).filter(({ kind }) => kind === 'key_refused')
    let attempts = 0
    let seen: Awaited<ReturnType<typeof keys>> = []
    shop.breaks((steps) => ({
      ...steps,
      async chargeLine(input) {
        if (++attempts <= 3) throw new PaymentsMisconfigured(401, 'req_1')
        seen = await keys()
        return steps.chargeLine(input)
      },
    }))

    const response = await buy(shop, buyer, 'northwind/module-search')

    expect(response).toMatchObject({ status: 'completed' })
    expect(seen).toMatchObject([{ object: 'stripe', times: 3 }])
    expect(await keys()).toEqual([])

    shop.breaks((steps) => ({
      ...steps,
      async chargeLine() {
        if (++attempts === 5) throw new PaymentsMisconfigured(401, 'req_2')
        return { refusal: { code: 'card_declined', message: 'It asked the bank nothing.' } }
      },
      undoCharge: async () => {},
    }))
    await buy(shop, buyer, 'northwind/module-search')
    expect(await keys()).toMatchObject([{ object: 'stripe', times: 1 }])
  })
})

/** The error lines of the log about an operation. */
const errorsAbout = (shop: Shop, id: OperationId) =>
  shop
    .logged()
    .split('\n')
    .filter((line) => line.includes('"level":50') && line.includes(id))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
