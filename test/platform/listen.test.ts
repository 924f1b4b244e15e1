import { once } from 'node:events'
import net from 'node:net'
import pg from 'pg'
import { sql } from 'kysely'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { listen } from '#platform/listen'
import { aDatabase } from '../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
beforeAll(async () => {
  database = await aDatabase()
})
afterAll(() => database.close())

/** A proxy before the database. It drops the bytes for which `drops` is true. `cut` ends all connections. */
async function aProxy(drops: (bytes: Buffer) => boolean = () => false) {
  const { host, port, user, password, database: name } = new pg.Client(database.url)
  const sockets = new Set<net.Socket>()
  let connections = 0
  const server = net.createServer((client) => {
    connections++
    const upstream = host.startsWith('/')
      ? net.connect(`${host}/.s.PGSQL.${port}`)
      : net.connect({ host, port })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.on('error', () => {}).on('close', () => [client, upstream].forEach((each) => each.destroy()))
    }
    client.on('data', (bytes) => void (drops(bytes) || upstream.write(bytes)))
    upstream.on('data', (bytes) => void client.write(bytes))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => sockets.forEach((socket) => socket.destroy())
  onTestFinished(() => {
    cut()
    server.close()
  })
  const at = `127.0.0.1:${(server.address() as net.AddressInfo).port}`
  const url = `postgres://${user}:${password}@${at}/${name}`
  return { url, cut, connections: () => connections }
}

/** A listener that connects through a proxy, with the number of calls of each of its functions. */
function aListener(url: string) {
  const calls = { notified: 0, lost: 0 }
  const { stop } = listen(url, 'a channel', {
    onNotified: () => void calls.notified++,
    onLost: () => void calls.lost++,
    againAfterMs: 20,
    patienceMs: 200,
  })
  onTestFinished(stop)
  return { calls, stop }
}
const notify = () => sql`notify "a channel"`.execute(database.db)
const isListen = (bytes: Buffer) => bytes.includes('listen "a channel"')

describe('a listener of the database', () => {
  test('a listener is notified when it begins to listen, and at each notification', async () => {
    const { calls } = aListener((await aProxy()).url)
    await expect.poll(() => calls).toEqual({ notified: 1, lost: 0 })

    await notify()

    await expect.poll(() => calls).toEqual({ notified: 2, lost: 0 })
  })

  test('a listener reconnects when its connection is cut, and is notified that it may have missed something', async () => {
    const proxy = await aProxy()
    const { calls } = aListener(proxy.url)
    await expect.poll(() => calls.notified).toBe(1)

    proxy.cut()

    await expect.poll(() => calls).toEqual({ notified: 2, lost: 1 })
    await notify()
    await expect.poll(() => calls).toEqual({ notified: 3, lost: 1 })
  })

  test.for([
    ['to connect', () => true],
    ['to answer', isListen],
  ] as const)(
    'a listener that waits too long for the server %s gives up and tries again',
    async ([, drops]) => {
      const silent = { is: true }
      const proxy = await aProxy((bytes) => silent.is && drops(bytes))
      const { calls } = aListener(proxy.url)

      await expect.poll(() => calls.lost, { timeout: 5_000 }).toBeGreaterThanOrEqual(2)
      expect(calls.notified).toBe(0)
      expect(proxy.connections()).toBeGreaterThanOrEqual(2)

      silent.is = false
      await expect.poll(() => calls.notified, { timeout: 5_000 }).toBe(1)
      await notify()
      await expect.poll(() => calls.notified).toBe(2)
    },
  )

  test('a stopped listener is no longer notified', async () => {
    const proxy = await aProxy()
    const [{ calls, stop }, other] = [aListener(proxy.url), aListener(proxy.url)]
    await expect.poll(() => [calls.notified, other.calls.notified]).toEqual([1, 1])

    await stop()
    await notify()

    await expect.poll(() => other.calls.notified).toBe(2)
    expect(calls).toEqual({ notified: 1, lost: 1 })
  })
})
