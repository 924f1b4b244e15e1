// npm run conformance: runs the protocol's own suite against the MCP endpoint, through a connection that a person of the
// demo market has allowed, and against the authorization server. Exits 1 when an unlisted scenario fails.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import { type Db, openDatabase } from '#platform/database'
import { migrate } from '#platform/migrations'
import { throwAwayPostgres } from '../sandbox/engines/throw-away.ts'
import { aMarket } from '../test/support/a-market.ts'
import { anApp } from '../test/support/an-app.ts'
import { fixtureServer } from '../test/conformance/fixture-server.ts'
import { aMcpDoor, noLimits } from '../test/support/mcp.ts'
import { connectAs, discover, register } from '../sandbox/oauth-client.ts'
import { SANDBOX_PASSWORD } from '../sandbox/seed/cast.ts'
import { freePort } from '../sandbox/engines/process.ts'
import { authorizationPasses } from './conformance-authorization.ts'
import { installInto } from './install-into.ts'

const SUITE = 'tools/conformance'
const EXPECTED = 'test/conformance'

interface Run {
  title: string
  url: string
  /** Arguments that select the scenarios. */
  what: readonly string[]
  /** A file of the scenarios that are known to fail, and why. */
  expected: string
}

await installInto(SUITE, 'the conformance suite')
const postgres = await throwAwayPostgres()
const { db, close } = openDatabase(await aMigratedDatabase(), { max: 4 })
const REVISIONS = ['2026-07-28', '2025-11-25']
const PERSON = { email: 'buyer@example.test', password: SANDBOX_PASSWORD }
const BIN = path.resolve(SUITE, 'node_modules/@modelcontextprotocol/conformance/dist/index.js')
const { doors, server } = await bothDoors(db)
try {
  if (!(await authorizationPasses(BIN, { server, person: PERSON }))) process.exitCode = 1
  for (const { name, url } of doors)
    for (const revision of REVISIONS) {
      const expected = `${EXPECTED}/${name}-${revision}.yml`
      const run = { title: `${name}, ${revision}`, url, what: ['--requirements', revision], expected }
      if (!(await passes(run))) process.exitCode = 1
    }
} finally {
  for (const door of doors) await door.close()
  await close()
  await postgres.stop()
}

async function aMigratedDatabase(): Promise<string> {
  const admin = new pg.Client({ connectionString: postgres.url() })
  await admin.connect()
  await admin.query('create database conformance')
  await admin.end()
  await migrate(postgres.url('conformance'), 'migrations')
  return postgres.url('conformance')
}

/** Starts all our doors with the demo market, and a second MCP door with the suite's own tools. A person connects to the first. */
async function bothDoors(of: Db) {
  await aMarket(of)
  const ownPort = await freePort()
  const publicUrl = `http://127.0.0.1:${ownPort}`
  const { app: ours } = await anApp(of, { publicUrl, limits: noLimits() })
  await ours.listen({ host: '127.0.0.1', port: ownPort })
  const issuer = await discover(`${publicUrl}/mcp`)
  const { client_id: clientId } = await register(issuer)
  const consent = { profile: 'all' }
  const allowed = await connectAs({ server: issuer, clientId, person: PERSON, consent })
  const fixtures = await aMcpDoor({ db: of, publicUrl, serve: fixtureServer, limits: noLimits() })
  const closeOurs = () => ours.close().then(() => {})
  return {
    server: issuer,
    doors: [
      await behindAToken('endpoint', { port: ownPort }, allowed.access_token, closeOurs),
      await behindAToken(
        'fixtures',
        { port: Number(fixtures.url.port) },
        allowed.access_token,
        fixtures.close,
      ),
    ],
  }
}

/** The suite cannot send a token, so a proxy does. */
async function behindAToken(
  name: string,
  { port }: { port: number },
  token: string,
  closeServer: () => Promise<void>,
) {
  const proxy = await aProxy(port, token)
  return {
    name,
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}/mcp`,
    async close() {
      proxy.closeAllConnections()
      proxy.close()
      await closeServer()
    },
  }
}

/** Forwards every request unchanged, with a token. */
async function aProxy(port: number, token: string): Promise<Server> {
  const proxy = createServer((asked, answer) => {
    const { url, method, headers } = asked
    const authorization = `Bearer ${token}`
    const on = request({ host: '127.0.0.1', port, path: url, method, headers: { ...headers, authorization } })
    on.on('response', (came) => {
      answer.writeHead(came.statusCode ?? 502, came.headers)
      answer.flushHeaders()
      came.pipe(answer)
    })
    on.on('error', () => answer.destroy())
    answer.on('close', () => on.destroy())
    asked.pipe(on)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  return proxy
}

/** Runs the suite and prints its counts. Prints its whole output when a result was unexpected. */
async function passes({ title, url, what, expected }: Run): Promise<boolean> {
  const asked = ['server', '--url', url, ...what, '--expected-failures', expected]
  const { code, output } = await outcomeOf(process.execPath, [BIN, ...asked])
  const scenarios = output.match(/^[✓✗] [\w-]+: \d+ passed, \d+ failed/gm) ?? []
  const passed = scenarios.filter((line) => line.startsWith('✓')).length
  const [, counts = 'nothing ran'] = /^Total: (.*)$/m.exec(output) ?? []
  const verdict = code === 0 ? 'as expected' : 'NOT as expected'
  console.log(`${title}: ${passed} of ${scenarios.length} scenarios, checks ${counts}: ${verdict}`)
  if (code !== 0) console.log(output)
  return code === 0
}

async function outcomeOf(command: string, args: readonly string[]) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { output, code: code as number | null }
}
