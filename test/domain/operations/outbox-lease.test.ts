import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { enqueueNudge, leaseOutbox, postponeOutgoing } from '#domain/operations'
import { inTransaction } from '#platform/transactions'
import { anOutbox } from '../../support/an-outbox.ts'

let outbox: Awaited<ReturnType<typeof anOutbox>>
beforeAll(async () => {
  outbox = await anOutbox()
})
beforeEach(() => outbox.clear())
afterAll(() => outbox.close())

const runs = (leased: Awaited<ReturnType<typeof leaseOutbox>>) => leased.map(({ workflowId }) => workflowId)

test('a relay skips the rows that another relay is leasing, without waiting', async () => {
  await outbox.aNudge('nudge', { workflowId: 'wash_car/1' })

  await inTransaction(outbox.db, async (tx) => {
    expect(runs(await leaseOutbox(tx, 10))).toEqual(['wash_car/1'])
    await outbox.aNudge('nudge', { workflowId: 'wash_car/2' })

    expect(runs(await leaseOutbox(outbox.db, 10))).toEqual(['wash_car/2'])
  })
})

test('a leased row is not due again for half a minute', async () => {
  await outbox.aNudge('nudge', { workflowId: 'wash_car/1' })

  expect(runs(await leaseOutbox(outbox.db, 10))).toEqual(['wash_car/1'])

  expect(await leaseOutbox(outbox.db, 10)).toEqual([])
  const [row] = await outbox.waiting()
  expect(row?.due_in).toBeGreaterThan(25)
  expect(row?.due_in).toBeLessThanOrEqual(30)
})

test('a row that has failed is due later, but at once when it was asked for again meanwhile', async () => {
  const failed = async (meanwhile: () => Promise<void>) => {
    await outbox.clear()
    await enqueueNudge(outbox.db, 'wash_car/1')
    const [row] = await leaseOutbox(outbox.db, 1)
    if (!row) throw new Error('the nudge is not due')
    await meanwhile()
    await postponeOutgoing(outbox.db, { ...row, attempts: 8 }, 'away')
    return (await outbox.waiting())[0]?.due_in
  }

  expect(await failed(async () => {})).toBeGreaterThan(200)
  expect(await failed(() => enqueueNudge(outbox.db, 'wash_car/1'))).toBeLessThanOrEqual(0)
})
