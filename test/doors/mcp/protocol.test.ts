import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { revokeConnection } from '#domain/connections'
import { openDatabase } from '#platform/database'
import { aDatabase } from '../../support/database.ts'
import { aMcpDoor, aPerson, type McpDoor, type Person } from '../../support/mcp.ts'

const CHALLENGE =
  'Bearer error="invalid_token", error_description="@", scope="read projects buy publish team", ' +
  'resource_metadata="http://127.0.0.1:3000/.well-known/oauth-protected-resource/mcp"'

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

interface Sent {
  token?: string
  body?: unknown
  headers?: Record<string, string>
  method?: string
  query?: string
  at?: McpDoor
}

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' }
const calling = (name: string, input: object = {}) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, arguments: input },
})

async function send({ token, body = PING, headers, method = 'POST', query = '', at = door }: Sent) {
  const answer = await fetch(new URL(query, at.url), {
    method,
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(!['GET', 'HEAD', 'DELETE'].includes(method) && {
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  })
  const text = await answer.text()
  return {
    status: answer.status,
    header: (name: string) => answer.headers.get(name),
    text,
    json: () => parsed(text),
  }
}

function parsed(text: string) {
  const data = text.startsWith('event:') || text.startsWith(':') ? /^data: (.*)$/m.exec(text)?.[1] : text
  return JSON.parse(data ?? 'null')
}

describe('probe', () => {
  test('p', async () => {
    const show = async (name: string, sent: Sent) => {
      const a = await send(sent)
      console.log(
        name,
        a.status,
        a.header('www-authenticate'),
        a.header('allow'),
        a.header('content-type'),
        a.text.slice(0, 400),
      )
    }
    const token = ann.token
    await show('none', {})
    await show('unknown', { token: 'pkgt_x' })
    await show('ok', { token })
    await show('GET', { token, method: 'GET' })
    await show('DELETE', { token, method: 'DELETE' })
    await show('DELETE none', { method: 'DELETE' })
    await show('HEAD', { token, method: 'HEAD' })
    await show('OPTIONS', { token, method: 'OPTIONS' })
    await show('origin', { token, headers: { origin: 'https://evil.example' } })
    await show('origin ok', { token, headers: { origin: 'https://claude.example' } })
    await show('origin webview', { token, headers: { origin: 'vscode-webview://abc' } })
    await show('big', { token, body: JSON.stringify({ ...PING, params: { x: 'x'.repeat(1024 * 1024) } }) })
    await show('bad json', { token, body: '{' })
    await show('empty', { token, body: '' })
    await show('text/plain', { token, headers: { 'content-type': 'text/plain' } })
    await show('xml', { token, headers: { 'content-type': 'text/xml' }, body: '<a/>' })
    await show('406', { token, headers: { accept: 'application/json' } })
    await show('406b', { token, headers: { accept: 'text/html' } })
    await show('unknown method', { token, body: { ...PING, method: 'nope' } })
    await show('unknown tool', { token, body: calling('nope') })
    await show('whoami', { token, body: calling('whoami') })
    await show('list', { token, body: { ...PING, method: 'tools/list' } })
    await show('notif', { token, body: { jsonrpc: '2.0', method: 'notifications/initialized' } })
    await show('no such version', { token, headers: { 'mcp-protocol-version': '1999-01-01' } })
    const narrow = await aPerson(database.db, { scopes: ['read'] })
    await show('scope', { token: narrow.token, body: calling('setup_project', { name: 'x' }) })
    await show('aud', { token: await ann.mint({ aud: 'http://127.0.0.1:3000/other' }) })
    await show('expired', { token: await ann.mint({ ttl: -1 }) })
    await show('query', { query: `?access_token=${token}` })
    await show('host', { token, headers: { host: 'evil.example' } })
    console.log(door.logged().slice(0, 6000))
  })
})
