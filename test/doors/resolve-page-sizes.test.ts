import { type IncomingMessage, request } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aMarket } from '../support/a-market.ts'
import { aVisitor, type Visitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

const PATH = '/account/resolve'
const MIB = 1024 * 1024

let database: Awaited<ReturnType<typeof aDatabase>>
let app: FastifyInstance
let buyer: Visitor
beforeAll(async () => {
  database = await aDatabase('market')
  await aMarket(database.db)
  ;({ app } = await anApp(database.db))
  buyer = aVisitor(app)
  await buyer.signIn('buyer')
})
afterAll(async () => {
  await app.close()
  await database.close()
})

describe('a form that is too large', () => {
  test.for([
    ['composer_lock', 3.1 * MIB],
    ['lock', 15 * MIB],
  ] as const)(
    '%s of %i bytes is answered by a page with the limit and what to paste',
    async ([name, bytes]) => {
      await buyer.get(PATH)
      const answer = await buyer.post(PATH, { composer_json: '{}', [name]: 'x'.repeat(bytes) })

      expect(answer.statusCode).toBe(413)
      expect(answer.body).toContain('The form takes at most 3 MiB')
      expect(answer.body).toContain('Paste what “composer show --locked” prints')
      expect(answer.body).toMatch(/href="\/account\/resolve"\s*>Back to the form</)
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'")
    },
  )

  let address = ''
  const listening = async () => (address ||= await app.listen({ port: 0, host: '127.0.0.1' }))
  const headersOfBuyer = () => ({
    cookie: [...buyer.cookies].map(([name, value]) => `${name}=${value}`).join('; '),
    accept: 'text/html',
    'content-type': 'application/x-www-form-urlencoded',
    host: 'market.example',
  })

  test('a browser that is still sending a too large form gets the page with the limit', async () => {
    const headers = headersOfBuyer()

    const { status, body } = await sentBy(await listening(), headers, Buffer.alloc(8 * MIB, 'x'))

    expect([status, body.includes('The form takes at most 3 MiB')]).toEqual([413, true])
  })

  test('a form without a length is refused, and its connection closed before it ends', async () => {
    const { answer, parts } = await sentInParts(await listening(), headersOfBuyer())

    expect(answer?.statusCode).toBe(413)
    expect(parts).toBeLessThan(64)
  })

  test('a form that says that it has 64 MiB is refused, and its connection closed at once', async () => {
    const headers = { ...headersOfBuyer(), 'content-length': 64 * MIB }

    const { answer, parts } = await sentInParts(await listening(), headers)

    expect([answer?.statusCode, answer?.headers.connection]).toEqual([413, 'close'])
    expect(parts).toBeLessThan(64)
  })

  /** Sends 64 MiB until the connection is closed; with a length only after the answer, which a reset could lose. */
  const sentInParts = async (address: string, headers: object) => {
    const sent = request(`${address}${PATH}`, { method: 'POST', headers: { ...headers } })
    const closed = new Promise<void>((resolve) => sent.on('close', resolve))
    // the connection is closed while the body is being sent
    sent.on('error', () => undefined)
    let answer: IncomingMessage | undefined
    sent.on('response', (response) => {
      answer = response.resume()
      if ('content-length' in headers) send()
    })
    const part = Buffer.alloc(MIB, 'x')
    let parts = 0
    const send = (): void => {
      if (sent.destroyed) return
      if (parts++ < 64) sent.write(part, send)
      else sent.destroy()
    }
    if ('content-length' in headers) sent.flushHeaders()
    else send()
    await closed
    return { answer, parts }
  }

  /** Sends the whole body before it reads, as browsers do. */
  const sentBy = (address: string, headers: Record<string, string>, body: Buffer) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      const options = {
        method: 'POST',
        headers: { ...headers, host: 'market.example', 'content-length': body.length },
      }
      const sent = request(`${address}${PATH}`, options, (answer) => {
        let text = ''
        answer.setEncoding('utf8').on('data', (part: string) => (text += part))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text })).on('error', reject)
        answer.pause()
        sent.on('finish', () => answer.resume())
        if (sent.writableFinished) answer.resume()
      })
      sent.on('error', reject).end(body)
    })
})
