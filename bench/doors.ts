// npm run bench: what our doors cost, as ratios to bare routes of the same run. Two cores and the load share a machine.
import { randomBytes } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import Fastify, { type FastifyInstance } from 'fastify'
import pg from 'pg'
import { billingOn } from '#domain/billing'
import { operationsOn } from '#domain/operations'
import { type Db, openDatabase } from '#platform/database'
import { openLogger } from '#platform/logger'
import { migrate } from '#platform/migrations'
import { openPayments } from '#platform/payments'
import { openSecrets } from '#platform/secrets'
import { throwAwayPostgres } from '../sandbox/engines/throw-away.ts'
import { buildApp } from '../src/api/app.ts'
import { aLicence, aMarket, aProject, aProjectToken, aStorage } from '../test/support/a-market.ts'
import { basic } from '../test/support/composer.ts'
import { aConnection, PUBLIC_URL } from '../test/support/mcp.ts'
import { rates } from './load.ts'
import { mcpDoors } from './mcp.ts'

const TOKENS = 400
const postgres = await throwAwayPostgres()
const url = await aMigratedDatabase()
const { db, close } = openDatabase(url, { max: 4 })
const disk = await aStorage()
const ours = await ourDoors(db)
const bare = await bareRoutes(db)
const mcp = await mcpDoors(db, ours.token)
try {
  const per = await rates({ ...bare.asked, ...ours.asked, ...mcp.asked })
  const ratio = (name: keyof typeof per, to: keyof typeof per, goal: string) =>
    `${name.padEnd(16)} ${(per[name] / per[to]).toFixed(2).padStart(6)} of ${to.padEnd(12)} ${goal}`
  console.log(
    [
      `hello, bare: ${Math.round(per.hello)} requests a second`,
      ratio('health', 'hello', 'goal 0.9'),
      ratio('oneRow', 'hello', 'goal 0.2'),
      ratio('packagesJson', 'oneRow', ''),
      ratio('metadata', 'oneRow', ''),
      ratio('notModified', 'oneRow', ''),
      ratio('unknownName', 'oneRow', ''),
      ratio('zip', 'oneRow', ''),
      ratio('shopPage', 'oneRow', ''),
      ratio('mcpCall', 'oneRow', ''),
      ratio('mcpList', 'oneRow', ''),
      ratio('ourCall', 'plainCall', 'goal 2.5 with 83 tools'),
      ratio('ourList', 'plainList', 'goal 5 with 83 tools'),
      `detailed         ${(await mcp.detailedToConcise()).toFixed(2).padStart(6)} of concise      goal 3`,
    ].join('\n'),
  )
} finally {
  await Promise.all([ours.app.close(), bare.app.close(), mcp.close()])
  await close()
  await Promise.all([postgres.stop(), disk.remove()])
}

async function aMigratedDatabase(): Promise<string> {
  const admin = new pg.Client({ connectionString: postgres.url() })
  await admin.connect()
  await admin.query('create database bench')
  await admin.end()
  await migrate(postgres.url('bench'), 'migrations')
  return postgres.url('bench')
}

/** What Fastify does alone, and with one row by its key. */
async function bareRoutes(of: Db) {
  const app = Fastify()
  const { id } = await of.selectFrom('orgs').select('id').executeTakeFirstOrThrow()
  app.get('/hello', async () => ({ hello: 'world' }))
  app.get('/row', () => of.selectFrom('orgs').selectAll().where('id', '=', id).executeTakeFirstOrThrow())
  const origin = await listening(app)
  return { app, asked: { hello: { url: `${origin}/hello` }, oneRow: { url: `${origin}/row` } } }
}

async function ourDoors(of: Db) {
  const market = await aMarket(of)
  const project = await aProject(market)
  // a token may ask 3,000 times a minute for metadata and 1,000 times for zips
  const keys = await Promise.all(Array.from({ length: TOKENS }, () => aProjectToken(market, project.id)))
  let turn = 0
  const signedIn = () => ({
    authorization: basic(keys[turn++ % TOKENS] ?? { publicKey: '', privateKey: '' }),
  })
  await aLicence(market, { package: 'northwind/suite', project: project.id })
  const customer = { customer: market.person('buyer'), activeOrg: market.org('acme-retail') }
  const { token } = await aConnection(of, customer)
  const log = openLogger({ level: 'silent' })
  const payments = openPayments({
    secretKey: 'sk_test_bench',
    apiBase: 'http://127.0.0.1:1',
    deployment: 'bench',
  })
  const app = await buildApp({
    db: of,
    databaseUrl: url,
    config: {
      PUBLIC_URL,
      ALLOWED_ORIGINS: undefined,
      TRUSTED_PROXIES: undefined,
      DEPLOYMENT: 'bench',
      STRIPE_WEBHOOK_SECRET: [],
    },
    log,
    operations: operationsOn({ db: of, startOrJoinRun: async () => false, cancelRun: async () => false }),
    storage: disk.storage,
    secrets: openSecrets({ key: randomBytes(32).toString('base64') }),
    billing: billingOn({ db: of, payments, log }),
    livemode: payments.livemode,
    temporalReachable: async () => true,
    now: () => new Date(),
  })
  const origin = await listening(app)
  const metadata = `${origin}/r/${project.id}/p2/northwind/module-search.json`
  const first = await fetch(metadata, { headers: signedIn() })
  const validator = first.headers.get('last-modified') ?? ''
  const { packages } = (await first.json()) as { packages: Record<string, { dist: { url: string } }[]> }
  const zip = new URL(packages['northwind/module-search']?.[0]?.dist.url ?? '').pathname
  const asked = {
    health: { url: `${origin}/healthz` },
    packagesJson: { url: `${origin}/r/${project.id}/packages.json`, headers: signedIn },
    metadata: { url: metadata, headers: signedIn },
    notModified: {
      url: metadata,
      headers: () => ({ ...signedIn(), 'if-modified-since': validator }),
      status: 304,
    },
    unknownName: {
      url: `${origin}/r/${project.id}/p2/no/such.json`,
      headers: signedIn,
      status: 404,
    },
    zip: { url: `${origin}${zip}`, headers: signedIn },
    shopPage: { url: `${origin}/` },
  }
  return { app, token, asked }
}

async function listening(app: FastifyInstance): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  return `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
}
