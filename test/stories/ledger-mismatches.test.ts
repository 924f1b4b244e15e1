import { randomUUID } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/common'
import { sql } from 'kysely'
import { describe, expect } from 'vitest'
import { aProject } from '../support/a-market.ts'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { shopTest } from '../support/a-story.ts'
import type { Fault } from '../support/faults.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'

const test = shopTest({ skipsWaits: true })

describe.skipIf(!timeSkippingServer)('the ledger check after every story', () => {
  async function newMismatches(
    shop: Shop,
    fault: Fault,
    name: 'buyer' | 'declined' = 'buyer',
  ): Promise<string[]> {
    const before = await findLedgerMismatches(shop)
    const org = name === 'buyer' ? 'acme-retail' : 'umbrella'
    const assistant = await shop.assistant({ name, org })
    const { id: project } = await aProject(shop.market, { org })
    shop.breaks(fault)
    await assistant.buys({ packages: ['northwind/module-search'], project, idempotency_key: randomUUID() })
    return (await findLedgerMismatches(shop)).filter((each) => !before.includes(each))
  }

  test('the ledger check finds nothing in a correct purchase', async ({ shop }) => {
    expect(await newMismatches(shop, (steps) => steps)).toEqual([])
  })

  test('the ledger check finds an undo that was left out', async ({ shop }) => {
    const leftOut = async () => {}
    const one = await newMismatches(shop, (steps) => ({ ...steps, cancelOrder: leftOut }), 'declined')
    const both = await newMismatches(
      shop,
      (steps) => ({ ...steps, cancelOrder: leftOut, abandonLine: leftOut, undoCharge: leftOut }),
      'declined',
    )

    expect(one.join()).toMatch(/order ord_\w+ is open/)
    expect(both.join()).toMatch(/licence lic_\w+ is reserved/)
  })

  test('the ledger check finds a charge whose undo was left out', async ({ shop }) => {
    const wrong = await newMismatches(shop, (steps) => ({
      ...steps,
      undoCharge: async () => {},
      async settleLine() {
        throw ApplicationFailure.nonRetryable('it cannot be settled')
      },
    }))

    expect(wrong.length).toBeGreaterThan(0)
  })

  test('the ledger check finds a charge that was recorded without money', async ({ shop }) => {
    const wrong = await newMismatches(shop, (steps) => ({
      ...steps,
      async chargeLine({ lineId }) {
        await sql`update charges set state = 'succeeded', settled_at = now(), payment_intent_id = 'pi_said',
          stripe_charge_id = 'ch_said' where order_line_id = ${lineId}`.execute(shop.db)
        await sql`update order_lines set paid_at = now() where id = ${lineId}`.execute(shop.db)
        return {}
      },
    }))

    expect(wrong.join()).toMatch(/paid: true, cost the buyer 0/)
  })

  test('the database refuses a licence that is active before the charge', async ({ shop }) => {
    const refusals: string[] = []
    await newMismatches(shop, (steps) => ({
      ...steps,
      async chargeLine(input) {
        await sql`update licences set status = 'active', activated_at = now() where status = 'reserved'`
          .execute(shop.db)
          .catch((error: Error) => refusals.push(error.message))
        return steps.chargeLine(input)
      },
    }))

    expect(refusals[0]).toMatch(/is active on a line that is not paid/)
  })
})
