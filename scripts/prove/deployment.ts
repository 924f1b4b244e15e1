import { fork } from 'node:child_process'
import { randomBytes, randomInt } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { SEARCH_ATTRIBUTES } from '../../src/contracts/messages.ts'
import { type Db, openDatabase } from '#platform/database'
import { migrate } from '#platform/migrations'
import { openPayments, type Payments } from '#platform/payments'
import { openTemporalRuns, type TemporalRuns } from '#platform/temporal-runs'
import { startPostgres } from '../../sandbox/engines/postgres.ts'
import { freePort, isOurs } from '../../sandbox/engines/process.ts'
import { findTemporal } from '../../sandbox/engines/temporal-programs.ts'
import { NAMESPACE, startTemporal } from '../../sandbox/engines/temporal.ts'
import { seedMarket } from '../../sandbox/market.ts'
import { cache, root } from '../../sandbox/settings.ts'
import { workflowBundle } from '../../sandbox/workflow-bundle.ts'
import { childPart, type Part } from './child.ts'

export const DEPLOYMENT = 'prove'
const SECRET_KEY = 'sk_test_prove'
const PREFIX = 'packagento-prove-'

/** The whole market as separate processes on ports of their own: api, worker, Temporal, Stripe stand-in, Postgres. */
export interface Deployment {
  parts: readonly Part[]
  publicUrl: string
  /** The settings of api and worker. */
  env: Readonly<Record<string, string>>
  db: Db
  payments: Payments
  runs: () => Promise<TemporalRuns>
  /** Names of parts that ended by themselves so far. */
  crashes: readonly string[]
  folder: string
  stop: () => Promise<void>
}

/** Starts it in a new temporary folder, and fills it with the demo market. The folder goes when this process ends. */
export async function startDeployment({
  keep = false,
  workers: count = 1,
}: { keep?: boolean; workers?: number } = {}): Promise<Deployment> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), `${PREFIX}${process.pid}-`))
  fs.chmodSync(folder, 0o755) // a Postgres that root starts runs as another user
  const guard = keep ? undefined : fork(path.join(import.meta.dirname, 'guard.ts'), [folder])
  const crashes: string[] = []
  const [port, stripePort] = [await keptPort(), await keptPort()]
  const publicUrl = `http://127.0.0.1:${port}`
  const apiBase = `http://127.0.0.1:${stripePort}`
  const webhookSecret = 'whsec_of_npm_run_prove'
  const child = (name: string, file: string, env: Record<string, string>) =>
    childPart({ name, file, env, logs: folder, onCrash: (crashed) => void crashes.push(crashed) })

  const postgres = await postgresPart(path.join(folder, 'postgres'))
  const temporal = await temporalPart(folder)
  const stripe = child('stripe', 'sandbox/stripe/process.ts', {
    STRIPE_PORT: String(stripePort),
    STRIPE_DIR: path.join(folder, 'stripe'),
    STRIPE_SCHEMAS: path.join(root, '.data/stripe-schemas'),
    WEBHOOK_URL: `${publicUrl}/callbacks/stripe`,
    WEBHOOK_SECRET: webhookSecret,
  })
  await Promise.all([postgres.part.start(), temporal.part.start(), stripe.start()])
  const databaseUrl = await newDatabase(postgres.url())
  await migrate(databaseUrl, path.join(root, 'migrations'))
  const secretsKey = randomBytes(32).toString('base64')
  const storageDir = path.join(folder, 'storage')
  await seedMarket({
    databaseUrl,
    storageDir,
    stripe: { secretKey: SECRET_KEY, apiBase },
    git: undefined,
    gitDir: path.join(folder, 'git'),
    secretsKey,
    publicUrl,
  })
  const env = {
    NODE_ENV: 'development',
    LOG_LEVEL: 'warn',
    DATABASE_URL: databaseUrl,
    PORT: String(port),
    PUBLIC_URL: publicUrl,
    TRUSTED_PROXIES: '127.0.0.1',
    TEMPORAL_ADDRESS: temporal.address(),
    TEMPORAL_NAMESPACE: NAMESPACE,
    SECRETS_KEY: secretsKey,
    STORAGE_DIR: storageDir,
    GIT_HOSTS: '',
    STRIPE_SECRET_KEY: SECRET_KEY,
    STRIPE_WEBHOOK_SECRET: webhookSecret,
    STRIPE_API_BASE: apiBase,
    SMTP_URL: 'smtp://127.0.0.1:9',
    MAIL_FROM: 'market@packagento.example',
    DEPLOYMENT,
    WORKER_QUEUES: 'payments',
    WORKFLOW_BUNDLE: await workflowBundle(cache),
    NODE_COMPILE_CACHE: path.join(cache, 'compiled'),
  }
  const api = child('api', 'src/bin/api.ts', env)
  const workers = Array.from({ length: count }, (_, i) =>
    child(i ? `worker ${i + 1}` : 'worker', 'src/bin/worker.ts', env),
  )
  await Promise.all([api, ...workers].map((part) => part.start()))
  const database = openDatabase(databaseUrl, { max: 4 })
  const parts = [...workers, api, temporal.part, stripe, postgres.part]
  return {
    parts,
    publicUrl,
    env,
    db: database.db,
    payments: openPayments({ secretKey: SECRET_KEY, apiBase, deployment: DEPLOYMENT }),
    runs: () => openTemporalRuns({ address: temporal.address(), namespace: NAMESPACE }),
    crashes,
    folder,
    async stop() {
      await database.close()
      for (const part of [api, ...workers, stripe, temporal.part, postgres.part]) await part.stop()
      if (guard) {
        const gone = new Promise((resolve) => guard.once('exit', resolve))
        guard.disconnect()
        await gone
      }
    },
  }
}

/** Ends the process of an engine that we started, if it still is ours. */
function kill(pid: number, dir: string): void {
  if (isOurs(pid, dir)) process.kill(pid, 'SIGKILL')
}

async function postgresPart(dir: string) {
  const port = await keptPort()
  let running: Awaited<ReturnType<typeof startPostgres>> | undefined
  let url = ''
  const part: Part = {
    name: 'postgres',
    async start() {
      running = await startPostgres({ dir, port })
      url ||= running.url()
      if (running.url() !== url) throw new Error('Postgres came back at another port')
    },
    kill: () => kill(running?.pid ?? 0, dir),
    pid: () => running?.pid ?? 0,
    stop: async () => running?.stop(),
  }
  return { part, url: () => url }
}

async function temporalPart(dir: string) {
  const program = await findTemporal(cache)
  // where it looks for its ports
  const ports = { pid: 0, port: await keptPort(), uiPort: await keptPort() }
  fs.writeFileSync(path.join(dir, 'temporal.json'), JSON.stringify(ports))
  let running: Awaited<ReturnType<typeof startTemporal>> | undefined
  let address = ''
  const part: Part = {
    name: 'temporal',
    async start() {
      running = await startTemporal(program, { dir, searchAttributes: SEARCH_ATTRIBUTES })
      address ||= running.address
      if (running.address !== address) throw new Error('Temporal came back at another port')
    },
    kill: () => kill(running?.pid ?? 0, dir),
    pid: () => running?.pid ?? 0,
    stop: async () => running?.stop(),
  }
  return { part, address: () => address }
}

/**
 * A free port that no program gets by chance while its part is killed: Linux gives programs that want any port one
 * from 32768 on (ip_local_port_range), other systems from 49152 on.
 */
async function keptPort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 30_000)
    if ((await freePort(port)) === port) return port
  }
}

async function newDatabase(url: string): Promise<string> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query('create database packagento')
  await client.end()
  return url.replace(/\/postgres$/, '/packagento')
}
