import { randomUUID } from 'node:crypto'
import { describe, expect, vi } from 'vitest'
import { closePayment } from '#domain/differences'
import { lookAtRuns, paidSince, totals, untilOver } from '../support/a-lost-run.ts'
import { ended, losing, runOf } from '../support/a-restored-database.ts'
import { aProject } from '../support/a-market.ts'
import { timeSkippingServer, type ToolResponse } from '../support/a-shop.ts'
import { shopTest } from '../support/a-story.ts'
import { pageOf, untilItIsOver } from '../support/a-wait.ts'
import { type Backup, backupOf, restoreBackup } from '../support/market-snapshot.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'
import { heldBy, LABELS, samePrice, SEARCH, STOCK } from '../support/two-vendors.ts'

const test = shopTest()

const codeOf = ({ error }: ToolResponse) => error.code

describe.skipIf(!timeSkippingServer)('a database that was restored to an earlier moment', () => {
  test('a key that was paid in the lost time is not charged again, and gets its licences', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    const input = { packages: [SEARCH, LABELS], project, idempotency_key: randomUUID() }
    const first = await losing(shop, () => buyer.buys(input))
    const before = await totals(shop)

    const again = await buyer.buys(input)

    expect(again).toMatchObject({
      status: 'completed',
      result: { total: { amount_minor: 6800 } },
    })
    expect(again.operation_id).not.toBe(first.operation_id)
    expect(await totals(shop)).toEqual(before)
    expect(await findLedgerMismatches(shop)).toEqual([])
  })

  test('a payment with which its key goes on is neither paid back nor cancelled by an operator who saw it before', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    const input = { packages: [SEARCH], project, idempotency_key: randomUUID() }
    await losing(shop, () => buyer.buys(input))
    const stated = await shop.bank.payments.statement()
    await buyer.buys(input)
    const act = vi.fn<() => Promise<'done'>>(async () => 'done')

    const closings = stated.flatMap((payment) => [
      closePayment(shop.db, { kind: 'refund', payment, amountMinor: 4900 }, act),
      closePayment(shop.db, { kind: 'cancel', payment, isOfLine: false }, act),
    ])
    const closed = await Promise.all(closings)

    expect(stated.length).toBeGreaterThan(0)
    expect([new Set(closed), act.mock.calls]).toEqual([new Set(['taken']), []])
  })

  test('a key that was paid and paid back in the lost time is not charged again', async ({ shop, buyer }) => {
    const { id: project } = await aProject(shop.market)
    const input = { packages: [SEARCH], project, idempotency_key: randomUUID() }
    await losing(shop, async () => {
      const { operation_id: id } = await buyer.buys(input)
      const charge = await shop.db
        .selectFrom('charges as c')
        .innerJoin('order_lines as l', 'l.id', 'c.order_line_id')
        .innerJoin('orders as o', 'o.id', 'l.order_id')
        .select(['c.id', 'c.payment_intent_id as intent'])
        .where('o.operation_id', '=', id)
        .executeTakeFirstOrThrow()
      const refund = { id: charge.intent ?? '', charge: charge.id, amountMinor: 4900 }
      await shop.bank.payments.createRefund(refund)
    })
    const before = await totals(shop)

    const again = await buyer.buys(input)

    expect([again.status, codeOf(again)]).toEqual(['failed', 'idempotency_key_reused'])
    expect(await totals(shop)).toEqual(before)
    expect(await findLedgerMismatches(shop)).toEqual([])
  })

  test.for(['more packages', 'another package of this price', 'a colleague'] as const)(
    'a key that paid for something else in the lost time is not charged again, and pays for nothing else: %s',
    async (other, { shop, buyer }) => {
      const bill = await shop.assistant({ name: 'billing' })
      await samePrice(shop)
      const { id: project } = await aProject(shop.market)
      const input = { packages: [SEARCH], idempotency_key: randomUUID() }
      await losing(shop, () => buyer.buys({ ...input, project }))
      const before = await totals(shop)

      const again = await {
        'more packages': () => buyer.buys({ ...input, project, packages: [SEARCH, STOCK] }),
        'another package of this price': () => buyer.buys({ ...input, project, packages: [STOCK] }),
        'a colleague': () => bill.buys(input),
      }[other]()

      expect([again.status, codeOf(again)]).toEqual(['failed', 'idempotency_key_reused'])
      expect(await totals(shop)).toEqual(before)
    },
  )

  test('a payment that is found while its line is undone is refunded', async ({ shop, buyer }) => {
    const { id: project } = await aProject(shop.market)
    const input = { packages: [SEARCH], project, idempotency_key: randomUUID() }
    const [before, leftBefore] = [await totals(shop), await findLedgerMismatches(shop)]
    await losing(shop, () => buyer.buys(input))
    let tries = 0
    shop.breaks((steps) => ({
      ...steps,
      async chargeLine(step) {
        if (tries++) return steps.chargeLine(step)
        await shop.bank.next({ match: { method: 'GET', path: '/payment_intents' }, answer: 'held' })
        const late = steps.chargeLine(step)
        await shop.bank.untilHeld()
        await steps.undoCharge(step)
        await shop.bank.release()
        return late
      },
    }))

    const again = await buyer.buys(input)

    expect(again.status).toBe('failed')
    const { net, succeeded_charges: charges } = await totals(shop)
    expect([net, charges]).toEqual([before.net, before.succeeded_charges + 1])
    expect(await findLedgerMismatches(shop)).toEqual(leftBefore)
  })

  test('a payment that waits at the bank is the one that its key goes on with', async ({ shop }) => {
    const tara = await shop.assistant({ name: 'threeds', org: 'initech' })
    const { id: project } = await aProject(shop.market, { org: 'initech' })
    const input = { packages: [SEARCH], project, idempotency_key: randomUUID() }
    const before = await totals(shop)
    const lost = await losing(shop, () => tara.buys(input))
    await shop.workflows.getHandle(`purchase_and_install_package/${lost.operation_id}`).terminate()

    const again = await tara.buys(input)
    const page = await pageOf(shop, 'threeds', again.operation_id)
    await shop.bank.answerBank(page, 'approve')
    const over = await untilItIsOver(tara, Promise.resolve(again))

    expect(over.status).toBe('completed')
    const after = await totals(shop)
    expect(after.succeeded_charges - before.succeeded_charges).toBe(1)
    expect(after.open_intents).toBe(before.open_intents)
  })

  test('a run that is ahead of its restored rows delivers nothing, and once it was ended, all that was paid is delivered', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    const before = await totals(shop)
    // what earlier tests left
    const leftBefore = await findLedgerMismatches(shop)
    const refused: unknown[] = []
    let backup: Backup | undefined
    shop.breaks((steps) => ({
      ...steps,
      async chargeLine(input) {
        if (input.position === 1) backup ??= await backupOf(shop.db)
        else if (backup && !refused.length) await restoreBackup(shop.db, backup)
        return steps.chargeLine(input)
      },
      deliverPurchase: (input) =>
        steps.deliverPurchase(input).catch((error: unknown) => {
          refused.push(error)
          throw error
        }),
    }))
    const input = { packages: [SEARCH, LABELS], project, idempotency_key: randomUUID() }
    const { operation_id: id } = await buyer.call('purchase_and_install_package', input)
    await vi.waitFor(() => expect(refused).not.toEqual([]), 20_000)
    expect(await heldBy(shop, project)).toEqual([])

    const said = await ended(shop, [runOf(id)])
    await lookAtRuns(shop)

    expect(said.slice(-2)).toEqual([
      `Ended purchase_and_install_package/${id}.`,
      'The workers resume the open operations from their rows.',
    ])
    expect(await untilOver(buyer, id)).toMatchObject({
      status: 'completed',
      result: { total: { amount_minor: 6800 } },
    })
    expect(await heldBy(shop, project)).toEqual([LABELS, SEARCH])
    expect(await paidSince(shop, before)).toEqual({ charges: 2, net: 6800 })
    expect(await findLedgerMismatches(shop)).toEqual(leftBefore)
  })
})
