import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { receiveStripeEvent } from '#domain/billing'
import { enqueueNudge } from '#domain/operations'
import { mintId, type OperationId } from '#kernel/ids'
import type { Temporal } from '#platform/temporal'
import { inTransaction } from '#platform/transactions'
import { ago, anOutbox, aRelay as relayOn, aTemporal, MINUTE } from '../support/an-outbox.ts'

const HOUR = 60 * MINUTE

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

function aRelay(temporal: Temporal) {
  const relay = relayOn({ db: outbox.db, temporal })
  relays.push(relay)
  return relay
}

describe('a nudge that fails', () => {
  test.for(['nudge', 'start_and_nudge'] as const)(
    'a %s that fails is tried again for a day, and then ends as an error with its reason',
    async (kind) => {
      await inTransaction(outbox.db, (tx) => enqueueNudge(tx, 'wash_car/1'))
      await outbox.db.updateTable('outbox').set({ deed: kind, workflow_type: 'washCar' }).execute()
      const { temporal, asked } = aTemporal({ isAway: true })
      const relay = aRelay(temporal)

      await outbox.age(24 * 60 * MINUTE - MINUTE)
      await relay.look()
      expect(await outbox.waiting()).toMatchObject([{ attempts: 1, last_error: 'Error' }])
      await outbox.age(2 * MINUTE)
      await relay.look()

      expect([asked.length, await outbox.waiting()]).toEqual([2, []])
      expect(relay.logged()).toMatchObject([
        { level: 40 },
        { level: 50, kind, reason: 'failed', attempts: 2 },
      ])
    },
  )

  test('a nudge that was late because Temporal was away still wakes its run', async () => {
    await outbox.aNudge('nudge', { workflowId: 'wash_car/1' }, ago(MINUTE))
    const { temporal, asked } = aTemporal({ runs: ['wash_car/1'] })

    const relay = aRelay(temporal)
    await relay.look()

    expect([asked, await outbox.waiting(), relay.logged()]).toEqual([['nudge wash_car/1'], [], []])
  })
})

describe('an event whose object is not known', () => {
  /** An event of ours about a card page of this operation. */
  async function anEvent(operation: string, at = new Date()): Promise<string> {
    const id = `evt_${randomUUID()}`
    const about = { objectId: `cs_${id}`, metadata: { deployment: 'test', operation_id: operation } }
    const event = { id, type: 'checkout.session.completed', livemode: false, ...about }
    await receiveStripeEvent(outbox.db, event, { deployment: 'test', livemode: false, at })
    return id
  }
  const waits = (operation: OperationId) =>
    outbox.db
      .updateTable('operations')
      .set({ status: 'waiting_for_you', waiting_for: 'authentication' })
      .where('id', '=', operation)
      .execute()
  const reasonOf = async (event: string) => {
    const row = outbox.db.selectFrom('stripe_events').select('ignored_because').where('id', '=', event)
    return (await row.executeTakeFirstOrThrow()).ignored_because
  }
  const waitingEvents = async () =>
    (await outbox.waiting()).filter(({ workflow_id }) => workflow_id.startsWith('stripe_event'))

  test('an event that overtakes the commit of its object is tried again, and wakes the run once it is known', async () => {
    const operation = mintId('op', Date.now(), Math.random)
    const { temporal, asked } = aTemporal({ runs: [`wash_car/${operation}`] })
    const relay = aRelay(temporal)
    await anEvent(operation)

    await relay.look()
    expect(asked).toEqual([])
    expect(await outbox.waiting()).toMatchObject([{ attempts: 1, last_error: 'NotKnownYet' }])
    expect(relay.logged()).toMatchObject([{ level: 30 }])
    await outbox.anOrphan(ago(0), operation)
    await waits(operation)
    await outbox.makeDue()
    await relay.look()

    expect(asked).toContain(`nudge wash_car/${operation}`)
    expect(await waitingEvents()).toEqual([])
  })

  test('an event about a purchase that does not wait wakes nobody: the purchase looks when it begins to wait', async () => {
    const { operationId, workflowId } = await outbox.anOrphan(ago(0))
    await outbox.clear()
    const { temporal, asked } = aTemporal({ runs: [workflowId] })
    const relay = aRelay(temporal)
    await anEvent(operationId)

    await relay.look()

    expect([asked, await outbox.waiting(), relay.logged()]).toEqual([[], [], []])
  })

  test('an event of ours about an unknown object ends after an hour, as an error that says why', async () => {
    const { temporal, asked } = aTemporal()
    const relay = aRelay(temporal)
    const event = await anEvent('op_of_nobody')

    await outbox.age(HOUR - MINUTE)
    await relay.look()
    expect([await reasonOf(event), (await waitingEvents()).length]).toEqual([null, 1])
    await outbox.age(2 * MINUTE)
    await relay.look()

    expect([await reasonOf(event), await outbox.waiting(), asked]).toEqual(['unknown_object', [], []])
    expect(relay.logged().at(-1)).toMatchObject({ level: 50, reason: 'unknown_object' })
  })

  test('an event that an api with a clock hours behind has received is not given up early', async () => {
    const { temporal } = aTemporal()
    const relay = aRelay(temporal)
    const event = await anEvent('op_of_nobody', ago(2 * HOUR))

    await relay.look()

    expect([await reasonOf(event), (await waitingEvents()).length]).toEqual([null, 1])
  })

  test('an event of somebody else that an earlier release relayed ends at the first look, without an alarm', async () => {
    const { temporal, asked } = aTemporal()
    const relay = aRelay(temporal)
    const event = await anEvent('op_of_nobody')
    await outbox.db
      .updateTable('outbox')
      .set({ payload: JSON.stringify({ objectId: 'pi_1', metadata: {} }) })
      .execute()

    await relay.look()

    expect([await reasonOf(event), await outbox.waiting(), asked]).toEqual(['deployment', [], []])
    expect(relay.logged()).toMatchObject([{ level: 30, reason: 'foreign' }])
  })
})
