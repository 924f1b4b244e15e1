import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import type { OperationId } from '#kernel/ids'
import { DomainError } from '#kernel/errors'
import { needsOperatorAttribute } from '#contracts/messages'
import { aProject } from '../support/a-market.ts'
import { type Assistant, type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { shopTest } from '../support/a-story.ts'
import { losingResultsOf } from '../support/faults.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'

const test = shopTest({ skipsWaits: true })

class Impossible extends DomainError {
  constructor() {
    super('refused', 'impossible', 'It cannot be undone.')
  }
}

describe.skipIf(!timeSkippingServer)('an alert for an operator', { timeout: 60_000 }, () => {
  async function buy(shop: Shop, assistant: Assistant, name: string, org = 'acme-retail') {
    const { id: project } = await aProject(shop.market, { org })
    return assistant.buys({ packages: [name], project, idempotency_key: randomUUID() })
  }
  const alertedSince = async (shop: Shop, id: OperationId) => {
    const row = await shop.db
      .selectFrom('operations')
      .select('needs_operator_since')
      .where('id', '=', id)
      .executeTakeFirstOrThrow()
    return row.needs_operator_since
  }
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
    const seen: Array<Date | null> = []
    const isFlagged: unknown[] = []
    shop.breaks((steps) => ({
      ...steps,
      async settleLine(input) {
        seen.push(await alertedSince(shop, input.operationId))
        isFlagged.push(await isFlaggedRun(shop, input.operationId))
        if (seen.length < 25) throw new Error('the database is away')
        return steps.settleLine(input)
      },
    }))

    const response = await buy(shop, await shop.assistant(), 'northwind/module-search')

    expect(response).toMatchObject({ status: 'completed' })
    expect(seen.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => null))
    expect(seen.at(-1)).toBeInstanceOf(Date)
    expect(await alertedSince(shop, response.operation_id)).toBeNull()
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
    expect(await alertedSince(shop, response.operation_id)).toBeInstanceOf(Date)
    expect(await runOf(shop, response)).toBe('FAILED')
  })

  test('no operator is alerted for a refusal, whose run completes', async ({ shop }) => {
    const response = await buy(
      shop,
      await shop.assistant({ name: 'declined', org: 'umbrella' }),
      'northwind/module-search',
      'umbrella',
    )

    expect(await alertedSince(shop, response.operation_id)).toBeNull()
    expect(await runOf(shop, response)).toBe('COMPLETED')
  })

  test('no operator is alerted for a free package that could not be delivered, and its licence is revoked', async ({
    shop,
  }) => {
    shop.breaks(losingResultsOf('deliverPurchase', 1_000_000))
    const response = await buy(shop, await shop.assistant(), 'northwind/module-hello')

    expect(response).toMatchObject({ status: 'failed', error: { code: 'could_not_be_delivered' } })
    const licences = await shop.db
      .selectFrom('licences')
      .select('status')
      .where('model', '=', 'free')
      .execute()
    expect(licences).toEqual([{ status: 'revoked' }])
    expect(await alertedSince(shop, response.operation_id)).toBeNull()
  })
})
