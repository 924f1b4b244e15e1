import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accepted } from '../../../src/mcp/transport/accepted.ts'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson, type McpDoor, modern, older, type Person, send } from '../../support/mcp.ts'

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
let ann: Person
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({ db: database.db, allowedOrigins: ['claude.example'] })
  ann = await aPerson(database.db)
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const ping = older('ping')

describe('a client in a browser', () => {
  test('a page may read why it has to sign in, and nobody keeps an answer or takes it for something else', async () => {
    const { status, headers } = await send(door, { ...ping, headers: { origin: 'https://claude.example' } })

    expect(status).toBe(401)
    expect(headers['access-control-expose-headers']).toContain('www-authenticate')
    expect(headers).toMatchObject({ 'cache-control': 'no-store' })
  })

  const asked = (origin: string) => ({
    method: 'OPTIONS',
    headers: { origin, 'access-control-request-method': 'POST' },
  })

  test('a browser learns without a token what a page of an allowed origin may send', async () => {
    const answer = await send(door, asked('https://claude.example'))

    expect(answer.status).toBe(204)
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': 'https://claude.example',
      'access-control-allow-methods': 'POST',
      'access-control-allow-headers': expect.stringContaining('authorization, content-type'),
    })
  })

  test('a page of another origin learns nothing, and reads no answer', async () => {
    for (const it of [
      asked('https://evil.example'),
      { ...ping, headers: { origin: 'https://evil.example' } },
    ]) {
      const answer = await send(door, it)
      expect(answer.status).toBe(403)
      expect(answer.headers).not.toHaveProperty('access-control-allow-origin')
    }
  })
})

describe('an Accept header and a path, as HTTP means them', () => {
  test.for([
    '*/*',
    'application/*, text/*',
    'Application/JSON, Text/Event-Stream',
    'text/*;q=0.5, */*;q=0.1',
  ])('the Accept header %s covers JSON and SSE', async (accept) => {
    const { headers, body } = modern('tools/list')
    const answers = [
      await send(door, { ...ping, token: ann.token, headers: { accept } }),
      await send(door, { body, token: ann.token, headers: { ...headers, accept } }),
    ]
    expect(answers.map(({ status }) => status)).toEqual([200, 200])
  })

  test('a range of the Accept header that is unwanted takes a type away', () => {
    expect(accepted(undefined)).toBe('application/json, text/event-stream')
    expect(accepted('*/*, text/event-stream;q=0')).toBe('application/json')
    expect(accepted('text/html')).toBe('')
  })

  test('a slash at the end of the path does not matter', async () => {
    const url = new URL(`${door.url.href}/`)
    expect((await send({ url }, { ...ping, token: ann.token })).status).toBe(200)
  })
})
