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

/** A wire to the database. `swallows`: what it does not pass on. `cut`: ends every connection. */
async function aWire(swallows: (bytes: Buffer) => boolean = () => false) {
  const { host, port, user, password, database: name } = new pg.Client(database.url)
  const ends = new Set<net.Socket>()
  let connections = 0
  const server = net.createServer((client) => {
    connections++
    const upstream = host.startsWith('/')
      ? net.connect(`${host}/.s.PGSQL.${port}`)
      : net.connect({ host, port })
    for (const end of [client, upstream]) {
      ends.add(end)
      end.on('error', () => {}).on('close', () => [client, upstream].forEach((each) => each.destroy()))
    }
    client.on('data', (bytes) => void (swallows(bytes) || upstream.write(bytes)))
    upstream.on('data', (bytes) => void client.write(bytes))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const cut = () => ends.forEach((end) => end.destroy())
  onTestFinished(() => {
    cut()
    server.close()
  })
  const at = `127.0.0.1:${(server.address() as net.AddressInfo).port}`
  const url = `postgres://${user}:${password}@${at}/${name}`
  return { url, cut, connections: () => connections }
}

/** Somebody who listens at a wire, and how often they were told what. */
function aListener(url: string) {
  const told = { heard: 0, lost: 0 }
  const { stop } = listen(url, 'a channel', {
    heard: () => void told.heard++,
    lost: () => void told.lost++,
    againAfterMs: 20,
    patienceMs: 200,
  })
  onTestFinished(stop)
  return { told, stop }
}
const notify = () => sql`notify "a channel"`.execute(database.db)
const isListen = (bytes: Buffer) => bytes.includes('listen "a channel"')

describe('a listener of the database', () => {
  test('is told when it begins to listen, and at each notification', async () => {
    const { told } = aListener((await aWire()).url)
    await expect.poll(() => told).toEqual({ heard: 1, lost: 0 })

    await notify()

    await expect.poll(() => told).toEqual({ heard: 2, lost: 0 })
  })

  test('comes back when its connection is cut, and is told that it may have missed something', async () => {
    const wire = await aWire()
    const { told } = aListener(wire.url)
    await expect.poll(() => told.heard).toBe(1)

    wire.cut()

    await expect.poll(() => told).toEqual({ heard: 2, lost: 1 })
    await notify()
    await expect.poll(() => told).toEqual({ heard: 3, lost: 1 })
  })

  test.for([
    ['to connect', () => true],
    ['to its question', isListen],
  ] as const)('gives up a server that is silent %s, and tries again', async ([, swallows]) => {
    const silent = { is: true }
    const wire = await aWire((bytes) => silent.is && swallows(bytes))
    const { told } = aListener(wire.url)

    await expect.poll(() => told.lost, { timeout: 5_000 }).toBeGreaterThanOrEqual(2)
    expect(told.heard).toBe(0)
    expect(wire.connections()).toBeGreaterThanOrEqual(2)

    silent.is = false
    await expect.poll(() => told.heard, { timeout: 5_000 }).toBe(1)
    await notify()
    await expect.poll(() => told.heard).toBe(2)
  })

  test('is told nothing more once it was stopped', async () => {
    const wire = await aWire()
    const [{ told, stop }, witness] = [aListener(wire.url), aListener(wire.url)]
    await expect.poll(() => [told.heard, witness.told.heard]).toEqual([1, 1])

    await stop()
    await notify()

    await expect.poll(() => witness.told.heard).toBe(2)
    expect(told).toEqual({ heard: 1, lost: 1 })
  })
})
