import { randomUUID } from 'node:crypto'
import { ApplicationFailure } from '@temporalio/common'
import { sql } from 'kysely'
import { describe, expect } from 'vitest'
import type { Rule } from '#domain/differences'
import { mintId, type OperationId } from '#kernel/ids'
import { aProject } from '../support/a-market.ts'
import { type Shop, timeSkippingServer } from '../support/a-shop.ts'
import { shopTest } from '../support/a-story.ts'
import type { Fault } from '../support/faults.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'
import {
  aPayment,
  aPurchase,
  asRunning,
  differencesAfter,
  PLANTED_ROWS,
  type Planting,
  posted,
} from '../support/planted-faults.ts'

const test = shopTest({ skipsWaits: true })
  .extend('paid', { scope: 'file' }, ({ shop }) => aPurchase(shop))
  .extend('declined', { scope: 'file' }, ({ shop }) => aPurchase(shop, 'declined'))

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

    expect(wrong.join()).toMatch(/has a licence and cost 0/)
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

describe.skipIf(!timeSkippingServer)('the comparison of rows, bank and runs', () => {
  test.for(PLANTED_ROWS)(
    'the checker finds exactly %s for %s',
    async ([rule, , plant], { shop, paid, declined }) => {
      const found = await differencesAfter(shop, { rows: (tx) => plant(tx, paid, declined), runs: [] })

      expect(found).toMatchObject([{ rule }])
    },
  )

  test.for<[Rule | 'nothing', string, Planting['runs'] | 'own', boolean]>([
    ['operation_without_run', 'has no run', [], false],
    ['nothing', 'has a run', 'own', false],
    ['operation_open', 'has a run when nothing should be under way', 'own', true],
  ])('the checker finds %s when an open operation %s', async ([rule, , given, isAtRest], { shop, paid }) => {
    const operation = paid.operation as OperationId
    const own = given === 'own' ? [{ workflowId: `purchase/${operation}`, operation }] : given

    const found = await differencesAfter(shop, { rows: (tx) => asRunning(tx, paid), runs: own, isAtRest })

    expect(found).toMatchObject(rule !== 'nothing' ? [{ rule, object: operation }] : [])
  })

  test('the checker finds a run whose operation is over or unknown', async ({ shop, paid }) => {
    const unknown = mintId('op', new Date(), Math.random)
    const open = [unknown, paid.operation as OperationId].map((operation) => ({
      workflowId: `x/${operation}`,
      operation,
    }))

    const found = await differencesAfter(shop, { runs: open })

    expect(found.map(({ rule, object }) => [rule, object])).toEqual(
      open.map(({ workflowId }) => ['run_without_operation', workflowId]),
    )
  })

  test('the checker finds a line that was charged twice at the bank', async ({ shop }) => {
    const bought = await aPurchase(shop)

    const found = await differencesAfter(shop, {}, () => aPayment(shop, bought, bought))

    expect(found).toMatchObject([{ rule: 'charged_twice', object: bought.line }])
  })

  test('the checker finds an open payment of a line that is over, and one of no order', async ({
    shop,
    paid,
  }) => {
    const intents: string[] = []
    const found = await differencesAfter(shop, {}, async () => {
      for (const line of [paid.line, 'lin_planted'])
        intents.push(await aPayment(shop, paid, { line, isConfirmed: false }))
    })

    expect(found.map(({ rule, object }) => [rule, object])).toEqual(intents.map((id) => ['payment_open', id]))
  })

  test('the checker finds money that was taken for no order', async ({ shop, paid }) => {
    let intent = ''
    const found = await differencesAfter(shop, {}, async () => {
      intent = await aPayment(shop, paid)
    })

    expect(found).toMatchObject([{ rule: 'payment_unknown', object: intent }])
  })

  test('the checker finds a licence whose money was given back', async ({ shop }) => {
    const bought = await aPurchase(shop)
    let refund = ''
    const found = await differencesAfter(
      shop,
      { rows: (tx) => posted(tx, `refund:${refund}`, { stripe_clearing: -4900, platform_fee: 4900 }) },
      async () => {
        const { intent } = await shop.db
          .selectFrom('charges')
          .select('payment_intent_id as intent')
          .where('id', '=', bought.charge)
          .executeTakeFirstOrThrow()
        const made = await shop.bank.payments.createRefund({
          id: intent ?? '',
          charge: bought.charge,
          amountMinor: 4900,
        })
        refund = made === 'already_refunded' ? '' : made.id
      },
    )

    expect(found).toMatchObject([{ rule: 'licence_without_money', object: bought.line }])
  })
})
