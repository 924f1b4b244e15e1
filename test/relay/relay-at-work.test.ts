import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { enqueueNudge } from '#domain/operations'
import { openDatabase } from '#platform/database'
import { openLogger } from '#platform/logger'
import { lookRepeatedly } from '../../src/relay/look-repeatedly.ts'
import { ago, anOutbox, aRelay, aTemporal, MINUTE } from '../support/an-outbox.ts'

let outbox: Awaited<ReturnType<typeof anOutbox>>
beforeAll(async () => {
  outbox = await anOutbox()
})
afterEach(async () => {
  vi.useRealTimers()
  await outbox.clear()
})
afterAll(() => outbox.close())

/** The number of connections that listen for new rows of this database. */
async function listeners(): Promise<number> {
  const { rows } = await sql<{ n: number }>`
    select count(*)::int as n from pg_stat_activity
    where application_name = 'listen outbox' and datname = current_database()`.execute(outbox.db)
  return rows[0]?.n ?? 0
}

describe('a relay at work', () => {
  test('a relay is notified of a new row at once', async () => {
    const { temporal, asked } = aTemporal({ runs: ['wash_car/1'] })
    const relay = aRelay({ db: outbox.db, databaseUrl: outbox.url, temporal })
    await vi.waitFor(async () => expect(await listeners()).toBe(1))

    await outbox.aNudge('nudge', { workflowId: 'wash_car/1' })

    await vi.waitFor(async () => expect(await outbox.waiting()).toEqual([]), 1_500)
    expect(asked).toEqual(['nudge wash_car/1'])
    await relay.stop()
  })

  test('a relay reads the outbox every two seconds without a notification', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const { temporal, asked } = aTemporal()
    const relay = aRelay({ db: outbox.db, temporal })
    const { workflowId } = await outbox.anOrphan(ago(MINUTE))

    vi.advanceTimersByTime(2_000)

    await vi.waitFor(() => expect(asked).toEqual([`start ${workflowId}`]))
    await relay.stop()
  })

  test('a relay that is asked to read the outbox during a read sends each row once', async () => {
    const { workflowId } = await outbox.anOrphan(ago(MINUTE))
    const { temporal, asked } = aTemporal()
    const relay = aRelay({ db: outbox.db, temporal })

    await Promise.all([relay.look(), relay.look(), relay.look()])

    expect(asked).toEqual([`start ${workflowId}`])
    await relay.stop()
  })

  test('a relay sends the rows behind a row that takes long', async () => {
    const slow = await outbox.anOrphan(ago(2 * MINUTE))
    const gate = Promise.withResolvers<void>()
    const { temporal, asked } = aTemporal({ start: () => gate.promise, runs: ['wash_car/1'] })
    const relay = aRelay({ db: outbox.db, databaseUrl: outbox.url, temporal })
    await vi.waitFor(() => expect(asked).toEqual([`start ${slow.workflowId}`]))

    await outbox.aNudge('nudge', { workflowId: 'wash_car/1' })

    await vi.waitFor(() => expect(asked).toContain('nudge wash_car/1'), 5_000)
    gate.resolve()
    await relay.stop()
    expect(await outbox.waiting()).toEqual([])
  })

  test('a row that is asked for again and again while it is sent is sent once more, at once after that', async () => {
    // only notifications: a look by the timer comes up to two seconds later
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const gates = [Promise.withResolvers<boolean>(), Promise.withResolvers<boolean>()]
    const { temporal, asked } = aTemporal()
    const nudge = async (run: string) => {
      const sent = asked.push(run)
      return run === 'wash_car/1' ? (gates[sent - 1]?.promise ?? true) : true
    }
    const relay = aRelay({
      db: outbox.db,
      databaseUrl: outbox.url,
      temporal: { ...temporal, nudge },
    })
    await vi.waitFor(async () => expect(await listeners()).toBe(1))
    await enqueueNudge(outbox.db, 'wash_car/1')
    await vi.waitFor(() => expect(asked).toHaveLength(1), 5_000)

    await enqueueNudge(outbox.db, 'wash_car/1')
    // leased after the first, which is due earlier
    await enqueueNudge(outbox.db, 'wash_car/2')
    await vi.waitFor(() => expect(asked).toContain('wash_car/2'), 5_000)
    const whileItIsSent = [...asked]
    for (const gate of gates) gate.resolve(true)
    await vi.waitFor(async () => expect(await outbox.waiting()).toEqual([]), 5_000)
    await relay.stop()

    expect(whileItIsSent).toEqual(['wash_car/1', 'wash_car/2'])
    expect(asked).toEqual(['wash_car/1', 'wash_car/2', 'wash_car/1'])
  })

  test('rows are read once more when somebody asks while the last of them are read', async () => {
    const reads: PromiseWithResolvers<void>[] = []
    const read = () =>
      (reads[reads.push(Promise.withResolvers<void>()) - 1] as PromiseWithResolvers<void>).promise
    const log = openLogger({ level: 'silent' })
    const relay = lookRepeatedly(read, { channel: 'outbox', databaseUrl: undefined, log })

    const looks = [relay.look(), relay.look(), relay.look()]
    reads[0]?.resolve()
    await vi.waitFor(() => expect(reads).toHaveLength(2), 1_000)
    reads[1]?.resolve()
    await Promise.all(looks)

    expect(reads).toHaveLength(2)
    await relay.stop()
  })

  test('a relay goes on after a read that could not reach the database', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const away = openDatabase('postgres://nobody@127.0.0.1:1/nothing')
    const relay = aRelay({ db: away.db, temporal: aTemporal().temporal })
    const warned = (times: number) =>
      vi.waitFor(() => expect(relay.logged().map(({ level }) => level)).toEqual(Array(times).fill(40)))

    vi.advanceTimersByTime(2_000)
    await warned(1)
    vi.advanceTimersByTime(2_000)
    await warned(2)

    await relay.stop()
    await away.close()
  })
})

describe('a relay that is stopped', () => {
  test('a relay that is stopped finishes the rows it has leased, ends its listener and reads no more rows', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    await outbox.anOrphan(ago(MINUTE))
    const gate = Promise.withResolvers<void>()
    const { temporal, asked } = aTemporal({ start: () => gate.promise })
    const relay = aRelay({ db: outbox.db, databaseUrl: outbox.url, temporal })
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    expect(vi.getTimerCount()).toBe(1)

    const stopped = relay.stop().then(() => 'stopped')
    await vi.waitFor(async () => expect(await listeners()).toBe(0))
    expect(await Promise.race([stopped, outbox.waiting()])).toHaveLength(1)
    gate.resolve()
    await stopped

    expect(await outbox.waiting()).toEqual([])
    expect(vi.getTimerCount()).toBe(0)
  })
})
