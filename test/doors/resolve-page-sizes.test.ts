import { request } from 'node:http'
import type { FastifyInstance } from 'fastify'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { aMarket } from '../support/a-market.ts'
import { aVisitor, type Visitor } from '../support/a-visitor.ts'
import { anApp } from '../support/an-app.ts'
import { aDatabase } from '../support/database.ts'

const PATH = '/account/resolve'

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
    ['composer_lock', 3.1 * 1024 * 1024],
    ['lock', 15 * 1024 * 1024],
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

    const { status, body } = await sentBy(await listening(), headers, Buffer.alloc(8 * 1024 * 1024, 'x'))

    expect([status, body.includes('The form takes at most 3 MiB')]).toEqual([413, true])
  })

  test('a form that tells no length is refused, and its connection closed before it ends', async () => {
    const sent = request(`${await listening()}${PATH}`, { method: 'POST', headers: headersOfBuyer() })
    const closed = new Promise<void>((resolve) => sent.on('close', resolve))
    // the connection is closed while the body is being sent
    sent.on('error', () => undefined)
    const status = new Promise<number | string | undefined>((resolve) => {
      sent.on('response', (answer) => resolve(answer.resume().statusCode))
      void closed.then(() => resolve('closed without an answer'))
    })
    const part = Buffer.alloc(1024 * 1024, 'x')
    let parts = 0
    const send = (): void => {
      if (sent.destroyed || parts++ === 64) return
      sent.write(part, send)
    }
    send()

    expect(await status).toBe(413)
    await closed
    expect(parts).toBeLessThan(64)
  })

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
