import { randomUUID } from 'node:crypto'
import { expect, vi } from 'vitest'
import type { OperationId } from '#kernel/ids'
import { loseRun, losingRunAt, lookAtRuns, untilItIs, untilOver } from '../support/a-lost-run.ts'
import { aProject } from '../support/a-market.ts'
import type { Shop } from '../support/a-shop.ts'
import { shopTest } from '../support/a-story.ts'
import { aWait } from '../support/a-wait.ts'
import { refusing } from '../support/faults.ts'
import { LABELS, SEARCH } from '../support/two-vendors.ts'
import { recordOperation } from './record.ts'

const test = shopTest()

const BUYER = { name: 'buyer', org: 'acme-retail' }
const DAN = { name: 'declined', org: 'umbrella' }

type Lost = ReturnType<typeof losingRunAt>

/** A purchase whose run is lost now. */
async function losesRun(shop: Shop, lost: Lost, { who = BUYER, packages = [SEARCH] } = {}) {
  const { id: project } = await aProject(shop.market, { org: who.org })
  const assistant = await shop.assistant(who)
  shop.breaks(lost)
  const input = { packages, project, idempotency_key: randomUUID() }
  const { operation_id: id } = await assistant.call('purchase_and_install_package', input)
  await vi.waitFor(() => expect(lost.isLost()).toBe(true), 20_000)
  return { id, over: () => untilOver(assistant, id) }
}

/** Its runs were lost so often that the next loss is the last one. */
const lostTooOften = (shop: Shop, id: OperationId) =>
  shop.db.updateTable('operations').set({ attempt: 5 }).where('id', '=', id).execute()

const second = ({ position }: { position: number }) => position === 2

test.for([
  ['resumed', 'chargeLine', { moment: 'before' }, [SEARCH]],
  ['resumed-after-its-payment', 'settleLine', { moment: 'after' }, [SEARCH]],
  ['resumed-after-its-delivery', 'deliverPurchase', { moment: 'after' }, [SEARCH]],
  ['resumed-between-two-vendors', 'chargeLine', { moment: 'before', when: second }, [SEARCH, LABELS]],
] as const)('purchase_and_install_package: %s', async ([branch, step, loss, packages], { shop }) => {
  const { id, over } = await losesRun(shop, losingRunAt(shop, step, loss), { packages: [...packages] })
  await lookAtRuns(shop)
  expect(await over()).toMatchObject({ status: 'completed' })
  await recordOperation(shop, id, branch)
})

test('purchase_and_install_package: resumed-and-cancelled', async ({ shop }) => {
  const { id, cancel } = await aWait(shop, 'threeds')
  await loseRun(shop, id)
  await lookAtRuns(shop)
  await untilItIs(shop, id, 'waiting_for_you')
  await cancel()
  await recordOperation(shop, id, 'resumed-and-cancelled')
})

test.for([
  ['undone-at-the-bank', 'threeds', undefined],
  ['without-an-order', 'nocard', 'a card'],
] as const)('undo_lost_operation: %s', async ([branch, name, input], { shop }) => {
  const { id, over } = await aWait(shop, name, input)
  await lostTooOften(shop, id)
  await loseRun(shop, id)
  await lookAtRuns(shop)
  expect(await over()).toMatchObject({ status: 'failed', error: { code: 'operation_lost' } })
  await recordOperation(shop, id, branch)
})

test('undo_lost_operation: lost-during-its-undo, which fails then', async ({ shop }) => {
  const lost = losingRunAt(shop, 'cancelOrder', { moment: 'after' })
  const { id, over } = await losesRun(shop, lost, { who: DAN })
  shop.breaks(refusing('undoCharge'))
  await lookAtRuns(shop)
  expect(await over()).toMatchObject({ status: 'failed', error: { code: 'undo_failed' } })
  await recordOperation(shop, id, 'lost-during-its-undo')
})

test('undo_lost_operation: already-delivered', async ({ shop }) => {
  const { id, over } = await losesRun(shop, losingRunAt(shop, 'deliverPurchase', { moment: 'after' }))
  await lostTooOften(shop, id)
  await lookAtRuns(shop)
  expect(await over()).toMatchObject({ status: 'completed' })
  await recordOperation(shop, id, 'already-delivered')
})
