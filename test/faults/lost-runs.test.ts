import { randomUUID } from 'node:crypto'
import { describe, expect, vi } from 'vitest'
import { openIncidents } from '#domain/incidents'
import { readOperation } from '#domain/operations'
import { aQuotedCart, pollWhileRunning } from '../support/a-cart.ts'
import {
  loseRun,
  LOSSES,
  losingRunAt,
  lookAtRuns,
  paidSince,
  resumeWrongly,
  totals,
  untilItIs,
  untilOver,
} from '../support/a-lost-run.ts'
import { aProject } from '../support/a-market.ts'
import { timeSkippingServer } from '../support/a-shop.ts'
import { storyTest } from '../support/a-story.ts'
import { aWait, pageBehind } from '../support/a-wait.ts'
import { justBefore } from '../support/faults.ts'
import { heldBy, LABELS, SEARCH } from '../support/two-vendors.ts'

const test = storyTest()

describe.skipIf(!timeSkippingServer)('a purchase whose run is lost', { timeout: 90_000 }, () => {
  test.for(Object.entries(LOSSES))(
    'a purchase whose run is lost %s goes on, is charged once and delivered once',
    async ([, { step, ...loss }], { shop, buyer }) => {
      const { id: project } = await aProject(shop.market)
      const before = await totals(shop)
      const lost = losingRunAt(shop, step, loss)
      shop.breaks(lost)
      const input = { packages: [SEARCH], project, idempotency_key: randomUUID() }
      const started = await buyer.call('purchase_and_install_package', input)
      await vi.waitFor(() => expect(lost.isLost()).toBe(true), 20_000)

      await lookAtRuns(shop)
      const response = await untilOver(buyer, started.operation_id)

      expect(response).toMatchObject({
        status: 'completed',
        result: { total: { amount_minor: 4900 }, licences: [{ package: SEARCH, activated: true }] },
      })
      expect(response.result).toHaveProperty('auth_json')
      expect(await paidSince(shop, before)).toEqual({ charges: 1, net: 4900 })
      expect(await heldBy(shop, project)).toEqual([SEARCH])
    },
  )

  test('a purchase whose run is lost between two vendors keeps what is paid, also when it is not sold any more', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    const before = await totals(shop)
    const lost = losingRunAt(shop, 'chargeLine', {
      moment: 'before',
      when: ({ position }: { position: number }) => position === 2,
    })
    shop.breaks(lost)
    const input = { packages: [SEARCH, LABELS], project, idempotency_key: randomUUID() }
    const started = await buyer.call('purchase_and_install_package', input)
    await vi.waitFor(() => expect(lost.isLost()).toBe(true), 20_000)
    const hidden = (at: Date | null) =>
      shop.db.updateTable('packages').set({ withdrawn_at: at }).where('name', '=', SEARCH).execute()

    await hidden(new Date())
    await lookAtRuns(shop)
    const response = await untilOver(buyer, started.operation_id)
    await hidden(null)

    expect(response).toMatchObject({ status: 'completed', result: { total: { amount_minor: 6800 } } })
    expect(await paidSince(shop, before)).toEqual({ charges: 2, net: 6800 })
    expect(await heldBy(shop, project)).toEqual([LABELS, SEARCH])
  })

  test('the bank page of a purchase whose run is lost does not open; once the run goes on, it opens and the purchase ends', async ({
    shop,
  }) => {
    const before = await totals(shop)
    const wait = await aWait(shop, 'threeds')
    const tara = await shop.visitor('threeds')
    await tara.get(wait.path)
    await loseRun(shop, wait.id)

    const press = await tara.post(wait.path)
    expect(press).toMatchObject({ statusCode: 303, headers: { location: wait.path } })
    expect(await readOperation(shop.db, wait.id)).toMatchObject({ status: 'running' })
    await untilItIs(shop, wait.id, 'waiting_for_you')
    await shop.bank.answerBank(await pageBehind(tara, wait.path), 'approve')

    expect(await wait.over()).toMatchObject({ status: 'completed' })
    expect(await paidSince(shop, before)).toEqual({ charges: 1, net: 4900 })
  })

  test('a payment that is confirmed while the run is lost is noticed at the next look, and delivered', async ({
    shop,
  }) => {
    const before = await totals(shop)
    const wait = await aWait(shop, 'threeds')
    const page = await pageBehind(await shop.visitor('threeds'), wait.path)
    await loseRun(shop, wait.id)
    await shop.db
      .updateTable('operations')
      .set({ look_due_at: new Date(Date.now() + 120_000) })
      .execute()

    await shop.bank.answerBank(page, 'approve')
    const due = () =>
      shop.db
        .selectFrom('operations')
        .select('look_due_at')
        .where('id', '=', wait.id)
        .executeTakeFirstOrThrow()
    // the webhook found no run, so a look is due
    await vi.waitFor(
      async () => expect((await due()).look_due_at.getTime()).toBeLessThan(Date.now() + 1_000),
      10_000,
    )
    await lookAtRuns(shop)

    expect(await wait.over()).toMatchObject({ status: 'completed' })
    expect(await paidSince(shop, before)).toEqual({ charges: 1, net: 4900 })
  })

  test('a checkout that waits for its person goes on when its key comes again after the run is lost', async ({
    shop,
  }) => {
    const tara = await shop.assistant({ name: 'threeds', org: 'initech' })
    const cart = await aQuotedCart(tara, [SEARCH], { new_project: { name: 'Lost' } })
    const { operation_id: id } = await pollWhileRunning(tara, tara.call('checkout_cart', cart))
    const lost = await loseRun(shop, id)

    const again = await tara.call('checkout_cart', cart)
    expect(again).toMatchObject({ operation_id: id, replayed: true, status: 'running' })
    await untilItIs(shop, id, 'waiting_for_you')
    expect(await readOperation(shop.db, id)).toMatchObject({ workflowId: `${lost}/2` })

    await tara.call('cancel_operation', { operation_id: id })
    await untilItIs(shop, id, 'cancelled')
    expect(await tara.call('remove_from_cart', { packages: [SEARCH] })).toMatchObject({ isError: false })
  })

  test.for(['threeds', 'nocard'] as const)(
    'a waiting purchase of %s that is cancelled after its run is lost is undone',
    async (name, { shop }) => {
      const before = await totals(shop)
      const wait = await aWait(shop, name)
      await loseRun(shop, wait.id)

      await wait.cancel()

      expect(await paidSince(shop, before)).toEqual({ charges: 0, net: 0 })
    },
  )

  test('a purchase whose run is lost while it waits for the second vendor can be cancelled: what is paid is delivered', async ({
    shop,
  }) => {
    const before = await totals(shop)
    const wait = await aWait(shop, 'threeds', { packages: [SEARCH, LABELS] })
    const { waitingUntil: first } = await readOperation(shop.db, wait.id)
    await shop.bank.answerBank(await pageBehind(await shop.visitor('threeds'), wait.path), 'approve')
    await vi.waitFor(async () => {
      const { waitingUntil } = await readOperation(shop.db, wait.id)
      expect(waitingUntil?.getTime() ?? 0).toBeGreaterThan(first?.getTime() ?? 0)
    }, 20_000)
    await loseRun(shop, wait.id)

    const tara = await shop.assistant({ name: 'threeds', org: 'initech' })
    await tara.call('cancel_operation', { operation_id: wait.id })

    expect(await wait.over()).toMatchObject({ status: 'completed' })
    expect(await paidSince(shop, before)).toMatchObject({ charges: 1 })
  })

  test('a purchase that was cancelled before it is resumed is not charged, even when nobody tells its new run', async ({
    shop,
    buyer,
  }) => {
    const { id: project } = await aProject(shop.market)
    const before = await totals(shop)
    const lost = losingRunAt(shop, 'chargeLine', { moment: 'before' })
    shop.breaks(lost)
    const input = { packages: [SEARCH], project, idempotency_key: randomUUID() }
    const { operation_id: id } = await buyer.call('purchase_and_install_package', input)
    await vi.waitFor(() => expect(lost.isLost()).toBe(true), 20_000)
    const cancelled = { cancel_requested_at: new Date() }
    const cancel = () => shop.db.updateTable('operations').set(cancelled).where('id', '=', id).execute()
    shop.breaks(justBefore('recheckPurchase', cancel))
    await lookAtRuns(shop)

    expect(await untilOver(buyer, id)).toMatchObject({ status: 'cancelled' })
    expect(await paidSince(shop, before)).toEqual({ charges: 0, net: 0 })
  })

  test('of two runs of one purchase only the later acts', async ({ shop }) => {
    const before = await totals(shop)
    const wait = await aWait(shop, 'threeds')
    const { workflowId: first } = await readOperation(shop.db, wait.id)

    await Promise.all([resumeWrongly(shop, wait.id), resumeWrongly(shop, wait.id)])
    await untilItIs(shop, wait.id, 'waiting_for_you')
    const page = await pageBehind(await shop.visitor('threeds'), wait.path)
    await shop.temporal.nudge(first)
    await expect(shop.workflows.getHandle(first).result()).rejects.toThrow('Workflow execution failed')
    await shop.bank.answerBank(page, 'approve')

    expect(await wait.over()).toMatchObject({ status: 'completed', workflowId: `${first}/2` })
    expect(await paidSince(shop, before)).toEqual({ charges: 1, net: 4900 })
  })

  test('a run that was set back to an earlier moment still reports its end', async ({ shop }) => {
    const wait = await aWait(shop, 'threeds')
    const page = await pageBehind(await shop.visitor('threeds'), wait.path)
    await shop.db.updateTable('operations').set({ revision: 40 }).where('id', '=', wait.id).execute()

    await shop.bank.answerBank(page, 'approve')

    expect(await wait.over()).toMatchObject({ status: 'completed' })
  })

  test('a purchase whose runs are lost again and again is undone, told and left to an operator', async ({
    shop,
  }) => {
    const before = await totals(shop)
    const wait = await aWait(shop, 'threeds')
    await shop.db.updateTable('operations').set({ attempt: 5 }).where('id', '=', wait.id).execute()
    await loseRun(shop, wait.id)
    await lookAtRuns(shop)

    expect(await wait.over()).toMatchObject({ status: 'failed', error: { code: 'operation_lost' } })
    const listed = (await openIncidents(shop.db)).at(-1)
    expect(listed).toMatchObject({ kind: 'operation_lost', object: wait.id })
    expect(await paidSince(shop, before)).toEqual({ charges: 0, net: 0 })
  })

  test('a run that would start for a completed purchase takes nothing back', async ({ shop, buyer }) => {
    const { id: project } = await aProject(shop.market)
    const done = await buyer.buys({ packages: [SEARCH], project, idempotency_key: randomUUID() })
    const { workflowId, orgId } = await readOperation(shop.db, done.operation_id)

    const run = { workflowType: 'purchaseAndInstallPackage', workflowId: `${workflowId}/9`, orgId }
    await shop.temporal.start({ ...run, operationId: done.operation_id })
    await Promise.allSettled([shop.workflows.getHandle(run.workflowId).result()])

    expect(await heldBy(shop, project)).toEqual([SEARCH])
  })
})
