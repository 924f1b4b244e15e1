import { sql } from 'kysely'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import { openDatabase } from '#platform/database'
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

  test('a relay that is asked to read the outbox during a read does not read it twice', async () => {
    const { workflowId } = await outbox.anOrphan(ago(MINUTE))
    const { temporal, asked } = aTemporal()
    const relay = aRelay({ db: outbox.db, temporal })

    const looks = [relay.look(), relay.look(), relay.look()]
    await Promise.all(looks)

    expect(new Set(looks).size).toBe(1)
    expect(asked).toEqual([`start ${workflowId}`])
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
