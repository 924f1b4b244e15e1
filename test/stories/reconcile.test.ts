import { randomUUID } from 'node:crypto'
import { describe, expect } from 'vitest'
import { listed, losing, runOf } from '../support/a-restored-database.ts'
import { aProject } from '../support/a-market.ts'
import { timeSkippingServer } from '../support/a-shop.ts'
import { shopTest } from '../support/a-story.ts'
import { aWait } from '../support/a-wait.ts'
import { aPayment, cardOf } from '../support/planted-faults.ts'
import { LABELS } from '../support/two-vendors.ts'

const test = shopTest()

describe.skipIf(!timeSkippingServer)('reconciliation after a restore', () => {
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
    expect(again).toMatchObject({ status: 'failed', error: { code: 'idempotency_key_reused' } })
    expect(await shop.workflows.getHandle(runs[0]?.workflowId ?? '').describe()).toMatchObject({
      status: { name: 'TERMINATED' },
    })
  })

  // after reconciliation, so that nothing else is left to pay back
  test('a refund of money of no order that is pending or has failed is named so, and what failed is made again by another request', async ({
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
    await shop.bank.next({ match: { method: 'POST', path: '/refunds' }, answer: '500_kept' })
    expect(await closed()).toEqual(failed)
    expect(await closed()).toEqual([`Paid back ${id}.`, true])

    const refunds = (await listRefunds(id)).map(({ n, status }) => `${n} ${status}`)
    expect(refunds.toSorted()).toEqual(['1 failed', '2 failed', '4 succeeded'])

    const open = await aPayment(shop, await cardOf(shop, 'acme-retail'), { isConfirmed: false })
    await shop.bank.next({ match: { method: 'POST', path: '/cancel' }, answer: '500_kept' })
    await closed().catch(() => undefined)
    await closed()
    expect(await shop.bank.payments.getIntent(open)).toMatchObject({ status: 'canceled' })
  })

  test('a payment that cannot be paid back now does not hold up the others, is named, and makes the command fail', async ({
    shop,
  }) => {
    const card = await cardOf(shop, 'acme-retail')
    const ids = [await aPayment(shop, card), await aPayment(shop, card)]
    const { mark } = await listed(shop, [])
    await shop.bank.next({ match: { method: 'POST', path: '/refunds' }, answer: '500_before' })

    const { lines, isAllClosed } = await listed(shop, [], mark)
    const again = await listed(shop, [], (await listed(shop, [])).mark)

    const closed = lines.filter((line) => ids.some((id) => line.includes(id)) && !line.includes('→'))
    expect(closed.map((line) => line.replaceAll(/pi_\w+/g, 'X')).toSorted()).toEqual([
      'Paid back X.',
      'X could not be paid back: look again.',
    ])
    expect([isAllClosed, again.isAllClosed]).toEqual([false, true])
    const events = await shop.db.selectFrom('audit_events').select('body').execute()
    const audited = events
      .map(({ body }) => JSON.parse(body) as { object?: string; outcome: string })
      .filter(({ object = '' }) => ids.includes(object))
    expect(audited.map(({ outcome }) => outcome).toSorted()).toEqual(['done', 'done', 'failed'])
  })
})
