import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { countNudge, enqueueNudge, leaseOutbox, nudgeWaiting, reportStatus } from '#domain/operations'
import { inTransaction } from '#platform/transactions'
import { ago, anOutbox, aRelay, aTemporal, MINUTE } from '../../support/an-outbox.ts'

let outbox: Awaited<ReturnType<typeof anOutbox>>
beforeAll(async () => {
  outbox = await anOutbox()
})
beforeEach(() => outbox.clear())
afterAll(() => outbox.close())

const DAY_S = 24 * 60 * 60

/** An operation whose run Temporal knows. */
async function aRun() {
  const { workflowId, operationId } = await outbox.anOrphan(ago(0))
  await outbox.clear()
  const { temporal, asked } = aTemporal({ runs: [workflowId] })
  const nudge = () => enqueueNudge(outbox.db, workflowId)
  return { workflowId, operationId, nudge, asked, relay: () => aRelay({ db: outbox.db, temporal }) }
}

test('two hundred nudges that wait for one run are sent as one', async () => {
  const { nudge, asked, relay, workflowId } = await aRun()
  for (let i = 0; i < 200; i += 50) await Promise.all(Array.from({ length: 50 }, nudge))

  await relay().look()

  expect(asked).toEqual([`nudge ${workflowId}`])
  expect(await outbox.waiting()).toEqual([])
})

test('a nudge that comes while an earlier one is sent is sent after it', async () => {
  const { nudge, asked, workflowId, relay } = await aRun()
  await nudge()
  const [leased] = await leaseOutbox(outbox.db, 1)
  await nudge()

  await relay().look()

  expect([leased?.workflowId, asked]).toEqual([workflowId, [`nudge ${workflowId}`]])
  expect(await outbox.waiting()).toEqual([])
})

test('the row of a nudge stays when it was asked for again while it was sent', async () => {
  const { nudge, workflowId } = await aRun()
  await nudge()
  const gate = Promise.withResolvers<boolean>()
  const asked: string[] = []
  const { temporal } = aTemporal()
  const relay = aRelay({
    db: outbox.db,
    temporal: {
      ...temporal,
      async nudge(run) {
        asked.push(run)
        if (asked.length === 1) await nudge()
        gate.resolve(true)
        return true
      },
    },
  })

  await relay.look()

  expect(asked).toEqual([workflowId, workflowId])
  expect(await outbox.waiting()).toEqual([])
})

test('two transactions that nudge the same runs wait for each other and never lock each other out', async () => {
  const runs = [await aRun(), await aRun()]
  const { org } = outbox
  await outbox.db
    .updateTable('operations')
    .set({ status: 'waiting_for_you', waiting_for: 'payment_method' })
    .where(
      'id',
      'in',
      runs.map(({ operationId }) => operationId),
    )
    .execute()
  const all = { org, waitingFor: 'payment_method' } as const

  await Promise.all(Array.from({ length: 8 }, () => inTransaction(outbox.db, (tx) => nudgeWaiting(tx, all))))

  expect(await outbox.waiting()).toHaveLength(2)
})

test('a run that is nudged all the time gets the first ten at once, at most 65 in a day, and 125 in 30 days', async () => {
  const { nudge, workflowId } = await aRun()
  let [sent, atOnce, inADay] = [0, 0, 0]
  for (let seconds = 0; seconds < 30 * DAY_S; sent++) {
    await nudge()
    const [row] = await outbox.waiting()
    seconds += Math.max(row?.due_in ?? 0, 0)
    await outbox.clear()
    await countNudge(outbox.db, workflowId)
    if (seconds < 0.5) atOnce++
    if (seconds < DAY_S) inADay++
  }

  expect(atOnce).toBe(10)
  expect(inADay).toBeGreaterThan(50)
  expect(inADay).toBeLessThanOrEqual(65)
  expect(sent).toBeLessThanOrEqual(125)
})

test('the first nudge of a new wait is sent at once, however often the run was nudged before', async () => {
  const { nudge, operationId, workflowId } = await aRun()
  for (let i = 0; i < 40; i++) await countNudge(outbox.db, workflowId)
  await nudge()
  const [late] = await outbox.waiting()
  await outbox.clear()

  const waiting = { for: 'authentication', until: new Date(Date.now() + MINUTE).toISOString() } as const
  const update = { operationId, revision: 1, status: 'waiting_for_you', waiting } as const
  await reportStatus(outbox.db, { ...update, at: new Date().toISOString() }, 'https://market.example')
  await nudge()

  const [soon] = await outbox.waiting()
  expect(late?.due_in).toBeGreaterThan(100)
  expect(soon?.due_in).toBeLessThanOrEqual(0)
})
