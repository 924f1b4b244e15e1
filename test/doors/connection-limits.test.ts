import { once } from 'node:events'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { serverOptions } from '../../src/api/connection-limits.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
let logged: () => Record<string, unknown>[]
beforeAll(async () => {
  database = await aDatabase()
  const connections = { requestMs: 300, headMs: 200, checkEveryMs: 20, idleMs: 500, connections: 2 }
  ;({ app, logged } = await anApp(database.db, { connections }))
  await app.listen({ port: 0, host: '127.0.0.1' })
})
afterAll(async () => {
  await app.close()
  await database.close()
})

/** Sends `head`, then one byte after another, until the server ends the connection. Returns what it has answered. */
async function answerTo(head: string): Promise<string> {
  const socket = await aSocket()
  let answer = ''
  socket.on('data', (bytes) => (answer += bytes.toString()))
  socket.write(head)
  const dripping = setInterval(() => socket.writable && socket.write('x'), 20)
  await new Promise((resolve) => socket.once('close', resolve))
  clearInterval(dripping)
  return answer
}

async function aSocket(): Promise<Socket> {
  const socket = connect((app.server.address() as AddressInfo).port, '127.0.0.1')
  socket.on('error', () => {})
  onTestFinished(() => void socket.destroy())
  await once(socket, 'connect')
  return socket
}

const FORM =
  'POST /sign-in HTTP/1.1\r\nHost: market.example\r\nContent-Type: application/x-www-form-urlencoded\r\n'

test('a client that sends the head of a request byte by byte gets 408 and is disconnected', async () => {
  expect(await answerTo(`${FORM}X-Long: `)).toMatch(/^HTTP\/1\.1 408 /)
})

test('a client that sends a body byte by byte is disconnected before its end', async () => {
  expect(await answerTo(`${FORM}Content-Length: 8000\r\n\r\nemail=`)).not.toContain(' 200 ')
})

test('a client that connects and sends nothing is disconnected', async () => {
  const socket = await aSocket()

  socket.resume()
  await once(socket, 'close')

  expect(socket.destroyed).toBe(true)
})

test('connections beyond the limit are closed at once, and that is logged once', async () => {
  const open = [await aSocket(), await aSocket()]
  for (let n = 0; n < 3; n++) expect(await text(await aSocket())).toBe('')

  expect(open.map(({ destroyed }) => destroyed)).toEqual([false, false])
  expect(logged().filter(({ msg }) => String(msg).includes('too many connections'))).toHaveLength(1)
})

test('in production a request may take a minute, and no time limit is off', () => {
  const { requestTimeout, connectionTimeout, http } = serverOptions()

  expect(requestTimeout).toBe(60_000)
  expect([connectionTimeout, http.headersTimeout, http.connectionsCheckingInterval]).not.toContain(0)
})
