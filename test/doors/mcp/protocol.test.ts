import { once } from 'node:events'
import { type IncomingMessage, request } from 'node:http'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { revokeConnection } from '#domain/connections'
import { openDatabase } from '#platform/database'
import { aDatabase } from '../../support/database.ts'
import {
  aMcpDoor,
  aPerson,
  type McpDoor,
  modern,
  older,
  type Person,
  PUBLIC_URL,
  send,
} from '../../support/mcp.ts'

const FIVE = 'read projects buy publish team'
const METADATA = `${PUBLIC_URL}/.well-known/oauth-protected-resource/mcp`
const MIB = 1024 * 1024

let database: Awaited<ReturnType<typeof aDatabase>>
let door: McpDoor
let ann: Person
beforeAll(async () => {
  database = await aDatabase()
  door = await aMcpDoor({ db: database.db, allowedOrigins: ['claude.example', 'vscode-webview://*'] })
  ann = await aPerson(database.db)
})
afterAll(async () => {
  await door.close()
  await database.close()
})

const ping = older('ping')
const challenge = (why: string) =>
  `Bearer error="invalid_token", error_description="${why}", scope="${FIVE}", resource_metadata="${METADATA}"`

describe('a request without a valid token', () => {
  const GONE = 'The access token is unknown, expired or revoked'

  async function expectRefused(token: string | undefined, why: string, more: { query?: string } = {}) {
    const answer = await send(door, { ...ping, ...(token && { token }), ...more })
    expect(answer.status).toBe(401)
    expect(answer.headers['www-authenticate']).toBe(challenge(why))
    expect(JSON.parse(answer.text)).toEqual({ error: 'invalid_token', error_description: why })
  }

  test('a request without a token gets a challenge that names all scopes', () =>
    expectRefused(undefined, 'Missing Authorization header'))

  test('an unknown, an expired and a revoked token get the same 401', async () => {
    const bob = await aPerson(database.db)
    await expectRefused('pkgt_never-minted', GONE)
    await expectRefused(await ann.mint({ ttl: -1 }), GONE)

    expect((await send(door, { ...ping, token: bob.token })).status).toBe(200)
    await revokeConnection(database.db, { id: bob.connection, reason: 'by its owner', at: new Date() })

    await expectRefused(bob.token, GONE)
  })

  test('a token for another audience gets 401', async () => {
    const token = await ann.mint({ aud: `${PUBLIC_URL}/elsewhere` })
    await expectRefused(token, 'Token was not issued for this resource')
  })

  test('a token in the query does not count', () =>
    expectRefused(undefined, 'Missing Authorization header', { query: `?access_token=${ann.token}` }))

  test('a request without a token is answered before its body is read', async () => {
    const headers = { 'content-type': 'application/json', 'content-length': '1000' }
    const sent = request(door.url, { method: 'POST', headers })
    sent.flushHeaders()

    const [answer] = (await once(sent, 'response')) as [IncomingMessage]

    expect(answer.statusCode).toBe(401)
    sent.destroy()
  })

  test('while the token check is unavailable a client gets 503 and no challenge to sign in again', async () => {
    const unreachable = openDatabase('postgres://nobody@127.0.0.1:1/none', { max: 1 })
    const broken = await aMcpDoor({ db: unreachable.db })

    const answer = await send(broken, { ...ping, token: ann.token })

    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '60'])
    expect(answer.headers['www-authenticate']).toBeUndefined()
    expect(answer.rpc().error?.message).toMatch(/Try again in a minute/)
    expect(answer.text).not.toContain('127.0.0.1')
    expect(broken.logged()).toContain('the token check met an outage')
    await broken.close()
    await unreachable.close()
  })
})

describe('Host and Origin headers', () => {
  test.for([
    ['a foreign Host', { host: 'evil.example' }],
    ['a foreign Origin', { origin: 'https://evil.example' }],
    ['a look-alike Origin', { origin: 'https://127.0.0.1.evil.example' }],
    ['an opaque Origin', { origin: 'null' }],
  ] as const)('a request with %s is refused, even with a valid token', async ([, headers]) => {
    const answer = await send(door, { ...ping, token: ann.token, headers })

    expect(answer.status).toBe(403)
    expect(answer.rpc().error?.code).toBe(-32000)
  })

  test.for([
    'http://127.0.0.1:6274',
    'http://localhost:8080',
    'https://claude.example',
    'vscode-webview://abc',
  ])('the allowed origin %s is served, and may read the answer', async (origin) => {
    const answer = await send(door, { ...ping, token: ann.token, headers: { origin } })

    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'origin' })
  })

  test('a public host accepts only its own name as Host and Origin', async () => {
    const publicUrl = 'https://market.example'
    const open = await aMcpDoor({ db: database.db, publicUrl })
    const token = await ann.mint({ aud: `${publicUrl}/mcp` })
    const as = async (headers: Record<string, string>) =>
      (await send(open, { ...ping, token, headers })).status

    expect(await as({ host: 'market.example' })).toBe(200)
    expect(await as({ host: 'localhost' })).toBe(403)
    expect(await as({ host: 'market.example', origin: 'http://localhost' })).toBe(403)
    expect(await as({ host: 'market.example', origin: 'https://market.example' })).toBe(200)
    await open.close()
  })
})

describe('the method and the body', () => {
  test.for(['GET', 'DELETE', 'PUT', 'OPTIONS'])('the method %s gets 405 with Allow: POST', async (method) => {
    const answer = await send(door, { token: ann.token, method })

    expect(answer.status).toBe(405)
    expect(answer.headers.allow).toBe('POST')
    expect((await send(door, { method })).status).toBe(401)
  })

  test('a body of 1 MiB is accepted, and one byte more gets 413', async () => {
    const empty = JSON.stringify({ ...(ping.body as object), params: { filler: '' } })
    const body = empty.replace('""', `"${'x'.repeat(MIB - empty.length)}"`)

    expect(body).toHaveLength(MIB)
    expect((await send(door, { token: ann.token, body })).status).toBe(200)
    const answer = await send(door, { token: ann.token, body: body.replace('x', 'xx') })
    expect(answer.status).toBe(413)
    expect(answer.rpc()).toMatchObject({ id: null, error: { code: -32600 } })
  })

  const NOT_JSON = ['{', '', '{"jsonrpc":"2.0",}', '{"__proto__":{"x":1}}']
  test.for(NOT_JSON)('the body %j gets 400, because it is not valid JSON', async (body) => {
    const answer = await send(door, { token: ann.token, body })

    expect(answer.status).toBe(400)
    expect(answer.rpc()).toMatchObject({ id: null, error: { code: -32700 } })
  })

  test.for(['null', '5', '[]', '{}', '"tools/list"'])('the body %s is refused with 400', async (body) => {
    const answer = await send(door, { token: ann.token, body })

    expect(answer.status).toBe(400)
    expect(answer.rpc().error).toBeDefined()
  })

  test.for(['text/plain', 'text/xml', 'application/x-www-form-urlencoded'])(
    'a body of type %s gets 415',
    async (type) => {
      const answer = await send(door, { ...ping, token: ann.token, headers: { 'content-type': type } })

      expect(answer.status).toBe(415)
    },
  )

  test('an Accept header without JSON and SSE is refused', async () => {
    const answer = await send(door, { ...ping, token: ann.token, headers: { accept: 'text/html' } })

    expect(answer.status).toBe(406)
  })

  test('an unknown method and an unknown tool are refused in both protocols', async () => {
    const { token } = ann
    const missing = { name: 'no_such_tool' }

    const answers = {
      method: await send(door, { ...modern('no/such/method'), token }),
      tool: await send(door, { ...modern('tools/call', missing), token }),
      olderMethod: await send(door, { ...older('no/such/method'), token }),
      olderTool: await send(door, { ...older('tools/call', missing), token }),
    }

    const seen = Object.entries(answers).map(([name, { status, rpc }]) => [name, status, rpc().error?.code])
    expect(seen).toEqual([
      ['method', 404, -32601],
      ['tool', 200, -32602],
      ['olderMethod', 200, -32601],
      ['olderTool', 200, -32602],
    ])
  })

  test('an unsupported protocol version and headers that contradict the body are refused before a tool runs', async () => {
    const { token } = ann
    const call = modern('tools/call', { name: 'setup_project', arguments: { name: 'Never' } })
    const contradicting = { ...call, headers: { ...call.headers, 'mcp-name': 'whoami' }, token }

    const version = await send(door, { ...modern('tools/list', {}, { version: '2030-01-01' }), token })
    const name = await send(door, contradicting)

    expect([version.status, version.rpc().error?.code]).toEqual([400, -32022])
    expect([name.status, name.rpc().error?.code]).toEqual([400, -32020])
    expect(await database.db.selectFrom('projects').select('id').execute()).toEqual([])
  })
})

describe('a tool whose scope the connection lacks', () => {
  test.for([
    ['2026-07-28', modern],
    ['older protocols', older],
  ] as const)('a missing scope gets 403 with granted and needed scopes in %s', async ([, speak]) => {
    const bob = await aPerson(database.db, { scopes: ['read', 'team'] })
    const call = speak('tools/call', { name: 'purchase_and_install_package', arguments: {} })

    const answer = await send(door, { ...call, token: bob.token })

    const why = 'This tool needs projects and buy: let the user tick it at /account/integrations.'
    expect(answer.status).toBe(403)
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer error="insufficient_scope", error_description="${why}", scope="read projects buy team", ` +
        `resource_metadata="${METADATA}"`,
    )
    const event = await database.db
      .selectFrom('audit_events')
      .select('body')
      .where('chain', '=', `customer:${bob.customer}`)
      .executeTakeFirstOrThrow()
    expect(JSON.parse(event.body)).toMatchObject({
      action: 'purchase_and_install_package',
      outcome: 'refused',
      code: 'insufficient_scope',
      connection: bob.connection,
    })
  })
})
