import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { leaseOutbox } from '#domain/operations'
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
