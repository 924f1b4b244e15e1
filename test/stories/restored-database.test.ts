import { randomUUID } from 'node:crypto'
import { describe, expect, vi } from 'vitest'
import { closePayment, type OpenRun } from '#domain/differences'
import type { OperationId } from '#kernel/ids'
import { aProject } from '../support/a-market.ts'
import { type Shop, timeSkippingServer, type ToolResponse } from '../support/a-shop.ts'
import { shopTest } from '../support/a-story.ts'
import { aWait, pageOf, untilItIsOver } from '../support/a-wait.ts'
import { backupOf, restoreBackup } from '../support/market-snapshot.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'
import { aPayment, cardOf } from '../support/planted-faults.ts'
import { LABELS, samePrice, SEARCH, STOCK } from '../support/two-vendors.ts'
import { reconcile } from '../../scripts/reconcile/close-differences.ts'

const test = shopTest()

const codeOf = ({ error }: ToolResponse) => error.code
const totals = async ({ bank }: Shop) => (await bank.money()).totals

/** Runs `lost`, then puts every row back to what it was before; bank and Temporal go on. */
async function losing<T>({ db }: Shop, lost: () => Promise<T>): Promise<T> {
  const backup = await backupOf(db)
  const result = await lost()
  await restoreBackup(db, backup)
  return result
}

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

  test('reconciliation finds exactly what the restore lost, closes it, and then no key is charged', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    const input = { packages: [LABELS], project, idempotency_key: randomUUID() }
    // what earlier tests left
    const leftBefore = new Set((await listed(shop, [])).lines)
    const waiting = await losing(shop, async () => {
      await buyer.buys(input)
      return (await aWait(shop, 'threeds')).id
    })
    const runs = [runOf(waiting)]

    const shown = await listed(shop, runs)
    const isStale = await listed(shop, runs, '0123456789ab')
    const closed = await listed(shop, runs, shown.mark)
    const left = await listed(shop, [])
    const again = await buyer.buys(input)

    const news = shown.lines.filter((line) => !leftBefore.has(line) && !line.startsWith('To close'))
    expect(news.map((line) => line.replaceAll(/\w+_\w{20,}|\S+\/op_\w+/g, 'X')).toSorted()).toEqual([
      'The payment X is open and belongs to no order. → cancel the payment.',
      'The payment X took 19.00 EUR for no order. → pay back 19.00 EUR.',
      'The run X goes on, and its operation is over or unknown. → end the run.',
    ])
    expect(isStale.lines.at(-1)).toBe('The list has changed since you looked; nothing was done.')
    expect(closed.lines.filter((line) => /^(Cancelled|Paid back|Ended) /.test(line))).toHaveLength(
      shown.closable,
    )
    expect(left.closable).toBe(0)
    expect([again.status, codeOf(again)]).toEqual(['failed', 'idempotency_key_reused'])
    expect(await shop.workflows.getHandle(runs[0]?.workflowId ?? '').describe()).toMatchObject({
      status: { name: 'TERMINATED' },
    })
  })

  // after reconciliation, so that nothing else is left to pay back
  test('a refund of money of no order that is pending or has failed is named so, and made again by another request', async ({
    shop,
  }) => {
    const id = await aPayment(shop, await cardOf(shop, 'acme-retail'))
    const { createRefund, listRefunds } = shop.bank.payments
    const lastFails = async () => {
      const [last] = await listRefunds(id)
      await shop.bank.sim(`refunds/${last?.id}`, { status: 'failed' })
    }
    const failing: typeof createRefund = async (wanted) => {
      const made = await createRefund(wanted)
      await lastFails()
      return made
    }
    const closed = async (payments = shop.bank.payments) => {
      const seen = { ...shop, bank: { ...shop.bank, payments } }
      const { lines, isAllClosed } = await listed(seen, [], (await listed(seen, [])).mark)
      return [lines.find((line) => line.includes(id) && !line.includes('→')), isAllClosed]
    }
    await shop.bank.next({ match: { method: 'POST', path: '/refunds' }, answer: 'refund_pending' })

    expect(await closed()).toEqual([`${id} is being paid back; the bank may still refuse it.`, true])
    await lastFails()
    const failed = [`${id} could not be paid back: look again.`, false]
    expect(await closed({ ...shop.bank.payments, createRefund: failing })).toEqual(failed)
    expect(await closed()).toEqual([`Paid back ${id}.`, true])

    const refunds = (await listRefunds(id)).map(({ n, status }) => `${n} ${status}`)
    expect(refunds.toSorted()).toEqual(['1 failed', '2 failed', '3 succeeded'])
  })
})

const runOf = (operation: OperationId): OpenRun => ({
  workflowId: `purchase_and_install_package/${operation}`,
  operation,
})

/** What the command prints for these open runs, the mark of its list, how many differences it would close, and its result. */
async function listed({ db, bank, workflows }: Shop, runs: readonly OpenRun[], mark?: string) {
  const lines: string[] = []
  const temporal = {
    openRuns: async () => [...runs],
    terminate: async (id: string, reason: string) => void (await workflows.getHandle(id).terminate(reason)),
  }
  const say = (line: string) => void lines.push(line)
  const isAllClosed = await reconcile({ db, payments: bank.payments, runs: temporal, say, pauseMs: 0 }, mark)
  const [, count = '0', shown = ''] = /To close (\d+) .* --close (\w+)/.exec(lines.at(-1) ?? '') ?? []
  return { lines, mark: shown, closable: Number(count), isAllClosed }
}
