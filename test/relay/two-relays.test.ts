import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { openDatabase } from '#platform/database'
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

function aRelay(temporal: Temporal, { db = outbox.db } = {}) {
  const relay = relayOn({ db, temporal })
  relays.push(relay)
  return relay
}

describe('two relays', () => {
  test('two relays never work on the same row at the same time', async () => {
    const runs = await Promise.all(Array.from({ length: 70 }, () => outbox.anOrphan(ago(MINUTE))))
    const gate = Promise.withResolvers<void>()
    const { temporal, asked } = aTemporal({ start: () => gate.promise })
    const elsewhere = openDatabase(outbox.url, { max: 2 })

    const looks = [aRelay(temporal), aRelay(temporal, { db: elsewhere.db })].map((relay) => relay.look())
    await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(70))
    const third = aTemporal()
    await aRelay(third.temporal).look()
    gate.resolve()
    await Promise.all(looks)

    expect(third.asked).toEqual([])
    expect(asked.sort()).toEqual(runs.map(({ workflowId }) => `start ${workflowId}`).sort())
    expect(await outbox.waiting()).toEqual([])
    await elsewhere.close()
  })

  test('a relay takes over the rows of a relay that died, half a minute later', async () => {
    const { workflowId } = await outbox.anOrphan(ago(MINUTE))
    const gate = Promise.withResolvers<void>()
    const { temporal: stuck, asked: before } = aTemporal({ start: () => gate.promise })
    void aRelay(stuck).look()
    await vi.waitFor(() => expect(before).toHaveLength(1))

    const [leased] = await outbox.waiting()
    await outbox.makeDue()
    const { temporal, asked } = aTemporal()
    await aRelay(temporal).look()

    expect(leased?.due_in).toSatisfy((seconds: number) => seconds <= 30 && seconds > 28)
    expect(asked).toEqual([`start ${workflowId}`])
    gate.resolve()
  })
})
