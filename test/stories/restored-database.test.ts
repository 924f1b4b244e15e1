import { randomUUID } from 'node:crypto'
import { describe, expect, vi } from 'vitest'
import { closePayment, type OpenRun } from '#domain/differences'
import type { OperationId } from '#kernel/ids'
import { lookAtRuns, paidSince, totals, untilOver } from '../support/a-lost-run.ts'
import { aProject } from '../support/a-market.ts'
import { type Shop, timeSkippingServer, type ToolResponse } from '../support/a-shop.ts'
import { shopTest } from '../support/a-story.ts'
import { aWait, pageOf, untilItIsOver } from '../support/a-wait.ts'
import { type Backup, backupOf, restoreBackup } from '../support/market-snapshot.ts'
import { findLedgerMismatches } from '../support/ledger-mismatches.ts'
import { heldBy, LABELS, SEARCH } from '../support/two-vendors.ts'
import { reconcile } from '../../scripts/reconcile/close-differences.ts'
import { endRuns } from '../../scripts/reconcile/end-runs.ts'

const test = shopTest()

const codeOf = ({ error }: ToolResponse) => error.code

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

  test('a payment with which its key goes on is not paid back by an operator who saw it before', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    const input = { packages: [SEARCH], project, idempotency_key: randomUUID() }
    await losing(shop, () => buyer.buys(input))
    const stated = await shop.bank.payments.statement()
    await buyer.buys(input)
    const act = vi.fn<() => Promise<void>>(async () => {})

    const closed = await Promise.all(
      stated.map((payment) => closePayment(shop.db, { kind: 'refund', payment, amountMinor: 4900 }, act)),
    )

    expect(stated.length).toBeGreaterThan(0)
    expect([new Set(closed), act.mock.calls]).toEqual([new Set([false]), []])
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

  test('a key that paid for something else in the lost time is not charged again', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    const input = { packages: [SEARCH], project, idempotency_key: randomUUID() }
    await losing(shop, () => buyer.buys(input))
    const before = await totals(shop)

    const other = await buyer.buys({ ...input, packages: [SEARCH, 'northwind/module-stock'] })

    expect([other.status, codeOf(other)]).toEqual(['failed', 'idempotency_key_reused'])
    expect(await totals(shop)).toEqual(before)
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

    expect(said).toEqual([
      `Ended purchase_and_install_package/${id}.`,
      'Ended 1 run. The workers resume the open operations from their rows.',
    ])
    expect(await untilOver(buyer, id)).toMatchObject({
      status: 'completed',
      result: { total: { amount_minor: 6800 } },
    })
    expect(await heldBy(shop, project)).toEqual([LABELS, SEARCH])
    expect(await paidSince(shop, before)).toEqual({ charges: 2, net: 6800 })
    expect(await findLedgerMismatches(shop)).toEqual(leftBefore)
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
})

const runOf = (operation: OperationId): OpenRun => ({
  workflowId: `purchase_and_install_package/${operation}`,
  operation,
})

/** What `reconcile --end-runs` prints when these runs are open. */
async function ended({ workflows }: Shop, open: readonly OpenRun[]) {
  const said: string[] = []
  const runs = {
    openRuns: async () => [...open],
    terminate: async (id: string, reason: string) => void (await workflows.getHandle(id).terminate(reason)),
  }
  await endRuns({ runs, say: (line) => void said.push(line) })
  return said
}

/** What the command prints for these open runs, the mark of its list, and how many differences it would close. */
async function listed({ db, bank, workflows }: Shop, runs: readonly OpenRun[], mark?: string) {
  const lines: string[] = []
  const temporal = {
    openRuns: async () => [...runs],
    terminate: async (id: string, reason: string) => void (await workflows.getHandle(id).terminate(reason)),
  }
  const say = (line: string) => void lines.push(line)
  await reconcile({ db, payments: bank.payments, runs: temporal, say, pauseMs: 0 }, mark)
  const [, count = '0', shown = ''] = /To close (\d+) .* --close (\w+)/.exec(lines.at(-1) ?? '') ?? []
  return { lines, mark: shown, closable: Number(count) }
}
