import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { revokeConnection, revokeConnectionsOf } from '#domain/connections'
import { listen } from '#platform/listen'
import { aDatabase } from '../../support/database.ts'
import {
  aConnection,
  aMcpDoor,
  aPerson,
  type McpDoor,
  modern,
  older,
  type Person,
  send,
} from '../../support/mcp.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let doors: McpDoor[]

/** Our own server changes no list, so it ends each stream at once. This one keeps them open. */
const serve = () =>
  createMcpHandler(
    () =>
      new McpServer(
        { name: 'a-test-server', version: '1.0.0' },
        { capabilities: { tools: { listChanged: true } } },
      ),
    { legacy: 'stateless' },
  )
beforeAll(async () => {
  database = await aDatabase()
  const { db, url } = database
  const onRevocation = (onNotified: () => void) => listen(url, 'connection_revoked', { onNotified })
  // the doors act as separate processes; the third gets no notification and checks often
  doors = [
    await aMcpDoor({ db, serve, onRevocation, checkStreamsEveryMs: 3_600_000 }),
    await aMcpDoor({ db, serve, onRevocation, checkStreamsEveryMs: 3_600_000 }),
    await aMcpDoor({ db, serve, checkStreamsEveryMs: 50 }),
  ]
})
afterAll(async () => {
  for (const door of doors) await door.close()
  await database.close()
})

/** An open `subscriptions/listen` stream. `ended` settles when the server closes it. */
async function aStream({ url }: McpDoor, { token }: Pick<Person, 'token'>) {
  const { body, headers } = modern('subscriptions/listen', { notifications: { toolsListChanged: true } })
  const sent = request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      authorization: `Bearer ${token}`,
      ...headers,
    },
  })
  sent.on('error', () => {})
  sent.end(JSON.stringify(body))
  const [answer] = (await once(sent, 'response')) as [IncomingMessage]
  answer.on('error', () => {})
  answer.resume()
  const state = { isOpen: true }
  // `once` would reject, because the server cuts the stream
  const ended = new Promise<void>((resolve) => answer.once('close', resolve)).then(() => {
    state.isOpen = false
  })
  onTestFinished(() => void sent.destroy())
  return { status: answer.statusCode, type: answer.headers['content-type'], state, ended }
}

const revoke = ({ connection: id }: Pick<Person, 'connection'>) =>
  revokeConnection(database.db, { id, reason: 'person', at: new Date() })

describe('a revoked connection', () => {
  test('the next call of a revoked connection gets 401 at every process', async () => {
    const ann = await aPerson(database.db)
    for (const door of doors)
      expect((await send(door, { token: ann.token, ...older('ping') })).status).toBe(200)

    await revoke(ann)

    for (const door of doors)
      expect((await send(door, { token: ann.token, ...older('ping') })).status).toBe(401)
  })

  test(
    'the open streams of a revoked connection end at every process that is notified',
    { timeout: 5_000 },
    async () => {
      const ann = await aPerson(database.db)
      const streams = await Promise.all(doors.slice(0, 2).map((door) => aStream(door, ann)))
      expect(streams).toMatchObject(
        streams.map(() => ({ status: 200, type: 'text/event-stream', state: { isOpen: true } })),
      )

      await revoke(ann)

      await Promise.all(streams.map(({ ended }) => ended))
    },
  )

  test(
    'the open stream of a revoked connection ends at the next check when the notification is lost',
    { timeout: 5_000 },
    async () => {
      const ann = await aPerson(database.db)
      const stream = await aStream(doors[2] as McpDoor, ann)
      expect(stream.state.isOpen).toBe(true)

      await revoke(ann)

      await stream.ended
    },
  )

  test('the stream of a disabled person ends, too', { timeout: 5_000 }, async () => {
    const ann = await aPerson(database.db)
    const stream = await aStream(doors[2] as McpDoor, ann)

    const disabled_at = new Date()
    await database.db.updateTable('customers').set({ disabled_at }).where('id', '=', ann.customer).execute()

    await stream.ended
    expect(stream.state.isOpen).toBe(false)
  })

  test('a revocation leaves the streams of other connections open', { timeout: 5_000 }, async () => {
    const [ann, bea] = [await aPerson(database.db), await aPerson(database.db)]
    const second = await aConnection(database.db, { customer: ann.customer, activeOrg: ann.org.id })
    const [door] = doors as [McpDoor]
    const [of, other, another] = [
      await aStream(door, ann),
      await aStream(door, second),
      await aStream(door, bea),
    ]

    await revoke(ann)
    await of.ended

    expect([other.state.isOpen, another.state.isOpen]).toEqual([true, true])
    await revokeConnectionsOf(database.db, { customer: ann.customer, reason: 'person', at: new Date() })
    await other.ended
    expect(another.state.isOpen).toBe(true)
  })
})
