import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import type { Run } from '#contracts/ids'
import { readOperation } from '#domain/operations'
import type { Temporal } from '#platform/temporal'
import { ago, anOutbox, aRelay as relayOn, aTemporal, MINUTE } from '../support/an-outbox.ts'

let outbox: Awaited<ReturnType<typeof anOutbox>>
const relays: Array<{ stop: () => Promise<void> }> = []
beforeAll(async () => {
  outbox = await anOutbox()
})
afterEach(async () => {
  for (const relay of relays.splice(0)) await relay.stop()
  await outbox.clear()
})
afterAll(() => outbox.close())

/** Accepts up to 1.5 seconds less, because a slow machine may have spent them already. */
const isAbout = (seconds: number) => (found: number | undefined) =>
  found !== undefined && found <= seconds && found > seconds - 1.5

function aRelay(temporal: Temporal) {
  const relay = relayOn({ db: outbox.db, temporal })
  relays.push(relay)
  return relay
}

describe('a start whose caller died', () => {
  test('a start whose caller died is sent to Temporal when it is due, and leaves the outbox', async () => {
    const run = await outbox.anOrphan(ago(MINUTE))
    const { temporal, asked } = aTemporal()

    const relay = aRelay(temporal)
    await relay.look()

    expect(asked).toEqual([`start ${run.workflowId}`])
    expect(await outbox.waiting()).toEqual([])
    expect(await readOperation(outbox.db, run.operationId)).toMatchObject({ status: 'running' })
  })

  test('the relay sends a start to Temporal exactly as it was committed', async () => {
    const run = await outbox.anOrphan(ago(MINUTE))
    const started: Run[] = []
    const { temporal } = aTemporal({ start: async (given) => void started.push(given) })

    await aRelay(temporal).look()

    expect(started).toEqual([run])
  })

  test('the relay leaves a start to its caller for the first 15 s', async () => {
    const { workflowId } = await outbox.anOrphan(ago(0))
    const { temporal, asked } = aTemporal()

    await aRelay(temporal).look()

    expect(asked).toEqual([])
    const [row] = await outbox.waiting()
    expect(row).toMatchObject({ workflow_id: workflowId, attempts: 0 })
    expect(row?.due_in).toSatisfy(isAbout(15))
  })

  test('the relay sends all 120 due starts in one read of the outbox', async () => {
    const runs = await Promise.all(Array.from({ length: 120 }, () => outbox.anOrphan(ago(MINUTE))))
    const { temporal, asked } = aTemporal()

    await aRelay(temporal).look()

    expect(asked.sort()).toEqual(runs.map(({ workflowId }) => `start ${workflowId}`).sort())
    expect(await outbox.waiting()).toEqual([])
  })
})

describe('a start that fails', () => {
  class ServiceUnavailable extends Error {
    override name = 'ServiceUnavailable'
  }

  test('a start that fails is tried again after growing delays, and its row keeps only the class of the error', async () => {
    await outbox.anOrphan(ago(MINUTE))
    const { temporal, asked } = aTemporal({
      start: (run) => Promise.reject(new ServiceUnavailable(`cannot start ${JSON.stringify(run)}`)),
    })
    const relay = aRelay(temporal)

    const delays = [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    for (const [i, seconds] of delays.entries()) {
      await outbox.makeDue()
      await relay.look()
      const [row] = await outbox.waiting()
      expect(row).toMatchObject({ attempts: i + 1, last_error: 'ServiceUnavailable' })
      expect(row?.due_in).toSatisfy(isAbout(seconds))
    }

    expect(asked).toHaveLength(10)
    expect(relay.logged().map(({ level, attempts }) => [level, attempts])).toEqual(
      Array.from({ length: 10 }, (_, i) => [40, i + 1]),
    )
  })

  test('a start that fails does not block the other starts', async () => {
    const [bad, good] = [await outbox.anOrphan(ago(2 * MINUTE)), await outbox.anOrphan(ago(MINUTE))]
    const { temporal } = aTemporal({
      start: async ({ workflowId }) => {
        if (workflowId === bad.workflowId) throw new ServiceUnavailable()
      },
    })

    await aRelay(temporal).look()

    expect((await outbox.waiting()).map((row) => row.workflow_id)).toEqual([bad.workflowId])
    expect(good.workflowId).not.toBe(bad.workflowId)
  })
})

describe('a start that has failed for 15 minutes', () => {
  test('a start is still tried 14 minutes after its commit', async () => {
    const { workflowId } = await outbox.anOrphan(ago(14 * MINUTE))
    const { temporal, asked } = aTemporal()

    await aRelay(temporal).look()

    expect(asked).toEqual([`start ${workflowId}`])
  })

  test('a start that has failed for 15 minutes ends its operation with an error, and is never tried again', async () => {
    const { operationId } = await outbox.anOrphan(ago(16 * MINUTE))
    const { temporal, asked } = aTemporal()

    const relay = aRelay(temporal)
    await relay.look()

    expect(await readOperation(outbox.db, operationId)).toMatchObject({
      status: 'failed',
      finishedAt: expect.any(Date),
      error: {
        code: 'could_not_be_started',
        message: expect.stringContaining('nothing was done'),
      },
    })
    expect([asked, await outbox.waiting()]).toEqual([[], []])
    expect(relay.logged()).toMatchObject([{ level: 50, workflowId: `wash_car/${operationId}` }])
  })

  test.for([
    ['already runs', { started_at: new Date() }, 'running'],
    ['is over', { status: 'completed', result: '{}', finished_at: new Date() }, 'completed'],
    ['waits for its caller', { status: 'waiting_for_you' }, 'waiting_for_you'],
  ] as const)('a start that is given up does not change an operation that %s', async ([, since, status]) => {
    const { operationId } = await outbox.anOrphan(ago(16 * MINUTE))
    await outbox.db.updateTable('operations').set(since).where('id', '=', operationId).execute()

    await aRelay(aTemporal().temporal).look()

    expect(await readOperation(outbox.db, operationId)).toMatchObject({ status })
    expect(await outbox.waiting()).toEqual([])
  })
})

describe('a nudge', () => {
  test('a nudge wakes its run and leaves the outbox', async () => {
    await outbox.aNudge('nudge', { workflowId: 'wash_car/1' })
    const { temporal, asked } = aTemporal({ runs: ['wash_car/1'] })

    const relay = aRelay(temporal)
    await relay.look()

    expect([asked, await outbox.waiting(), relay.logged()]).toEqual([['nudge wash_car/1'], [], []])
  })

  test('a nudge for a run that is over leaves the outbox, and the log says why', async () => {
    await outbox.aNudge('nudge', { workflowId: 'wash_car/1' })
    const { temporal, asked } = aTemporal()

    const relay = aRelay(temporal)
    await relay.look()

    expect([asked, await outbox.waiting()]).toEqual([['nudge wash_car/1'], []])
    expect(relay.logged()).toMatchObject([{ level: 30, workflowId: 'wash_car/1', reason: 'run_is_over' }])
  })

  test('a run whose cancellation met an outage is told of it as soon as Temporal answers', async () => {
    const { operationId: id, workflowId } = await outbox.anOrphan(ago(0))
    await outbox.clear()
    await outbox.aNudge('nudge', { workflowId })
    await outbox.db
      .updateTable('operations')
      .set({ cancel_requested_at: new Date() })
      .where('id', '=', id)
      .execute()
    const [away, back] = [aTemporal({ isAway: true }), aTemporal({ runs: [workflowId] })]

    await aRelay(away.temporal).look()
    const kept = await outbox.waiting()
    await outbox.makeDue()
    await aRelay(back.temporal).look()

    expect([away.asked, kept.length]).toEqual([[`cancel ${workflowId}`], 1])
    expect([back.asked, await outbox.waiting()]).toEqual([[`cancel ${workflowId}`], []])
  })

  test('a cancellation that met an outage of days is still sent, and is given up only once its operation is over', async () => {
    const { operationId: id, workflowId } = await outbox.anOrphan(ago(0))
    await outbox.clear()
    await outbox.aNudge('nudge', { workflowId }, ago(MINUTE))
    const set = (columns: { cancel_requested_at: Date } | { status: 'cancelled'; finished_at: Date }) =>
      outbox.db.updateTable('operations').set(columns).where('id', '=', id).execute()
    await set({ cancel_requested_at: new Date() })
    const { temporal, asked } = aTemporal({ isAway: true })
    const relay = aRelay(temporal)

    await relay.look()
    const kept = await outbox.waiting()
    await set({ status: 'cancelled', finished_at: new Date() })
    await outbox.makeDue()
    await relay.look()

    expect(asked).toEqual([`cancel ${workflowId}`, `nudge ${workflowId}`])
    expect([kept.length, await outbox.waiting()]).toEqual([1, []])
    expect(relay.logged().map(({ level }) => level)).toEqual([40, 50])
  })

  test('a look at tags is started or nudged in one call', async () => {
    await outbox.aNudge('start_and_nudge', { workflowId: 'wash_car/1', workflowType: 'washCar' })
    const { temporal, asked } = aTemporal({ runs: ['wash_car/1'] })

    await aRelay(temporal).look()

    expect([asked, await outbox.waiting()]).toEqual([['start or nudge wash_car/1'], []])
  })
})
