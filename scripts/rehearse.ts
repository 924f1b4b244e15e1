// npm run rehearse: runs production as docker-compose.yml does, but without Docker: the files of the image, its packages,
// production settings, two apis behind TLS, two workers and one for Git, beside stand-ins for bank, mail and Git hosts.
// First makes namespace, people and vendors by the commands of an operator. Buys through both apis while processes are killed and stopped. TEMPORAL_ADDRESS names a server to use. Exits 1 on a fault.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from '../sandbox/engines/process.ts'
import { seedMarket } from '../sandbox/market.ts'
import { aClient, moneyAt, purchases } from './rehearsal/buying.ts'
import { canConfine, type Container, startContainer } from './rehearsal/container.ts'
import { makesNamespace, opensMarket, type Run } from './rehearsal/first-day.ts'
import { makeImage } from './rehearsal/image.ts'
import { aBalancer, aDatabase, aTemporal, standIns } from './rehearsal/surroundings.ts'

const since = performance.now()
const say = (line: string) =>
  console.log(`${String(Math.round((performance.now() - since) / 100) / 10).padStart(6)} s  ${line}`)
const dir = fs.mkdtempSync('/var/tmp/packagento-rehearsal-')
fs.chmodSync(dir, 0o755)
const stops: (() => Promise<void>)[] = []
const onStop = (stop: () => Promise<void>) => void stops.push(stop)
const containers: Container[] = []
/** For a process to start; a busy machine takes long. */
const PATIENCE_MS = 150_000
const HEALTH_FILE = `/tmp/healthy-${process.pid}`

try {
  await rehearse()
  say('everything held')
} catch (e) {
  console.error(e)
  for (const { name, printed } of containers) console.error(`\n--- ${name}\n${printed().slice(-3000)}`)
  process.exitCode = 1
} finally {
  for (const each of containers) each.process().kill('SIGKILL')
  for (const stop of stops.reverse()) await stop()
  if (!process.exitCode) fs.rmSync(dir, { recursive: true, force: true })
}

async function rehearse(): Promise<void> {
  const image = makeImage(dir)
  say(
    `the image has ${image.megabytes} MB, ${canConfine() ? 'and cannot be written, as user 1000' : 'not confined: not root'}`,
  )
  const ports = [await freePort(), await freePort()]
  const apis = ports.map((port) => `http://127.0.0.1:${port}`)
  const balancer = await aBalancer(path.join(dir, 'tls'), apis, onStop)
  const storageDir = path.join(dir, 'storage')
  const [databaseUrl, temporalAddress, outside] = await Promise.all([
    aDatabase(path.join(dir, 'postgres'), onStop),
    aTemporal(path.join(dir, 'temporal'), onStop),
    standIns(dir, { publicUrl: balancer.url, webhookUrl: `${apis[0]}/callbacks/stripe` }, onStop),
  ])
  const shared = {
    NODE_ENV: 'production',
    STAGING: 'on',
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporalAddress,
    TEMPORAL_NAMESPACE: 'rehearsal',
    DEPLOYMENT: 'rehearsal',
    BUILD_ID: 'build-1',
    SECRETS_KEY: randomBytes(32).toString('base64'),
    STORAGE_DIR: storageDir,
    GIT_HOSTS: outside.git.setting,
  }
  const paying = {
    ...shared,
    PUBLIC_URL: balancer.url,
    STRIPE_SECRET_KEY: 'sk_test_sandbox',
    STRIPE_API_BASE: outside.stripe.url,
    SMTP_URL: outside.mailbox.smtpUrl,
    MAIL_FROM: 'market@market.example',
    SELLER_NAME: 'Market Operations',
    SELLER_ADDRESS: '1 Example Street; Exampleton',
    UV_THREADPOOL_SIZE: '8',
  }
  const start = (
    name: string,
    program: string | readonly string[],
    env: Record<string, string>,
    writable: string[] = [],
  ) => {
    const container = startContainer({ name, image, program, env, writable })
    containers.push(container)
    return container
  }

  await refusesWeakSettings(start)
  const migrated = await ended(
    start('migrate', 'src/bin/migrate.ts', { NODE_ENV: 'production', DATABASE_URL: databaseUrl }),
  )
  assert.equal(migrated.code, 0, migrated.printed)
  say(`migrate applied ${migrated.printed.trim().split('\n').length} migrations as the role packagento`)
  await seedMarket({
    databaseUrl,
    storageDir,
    stripe: { secretKey: 'sk_test_sandbox', apiBase: outside.stripe.url },
    git: outside.git,
    gitDir: path.join(dir, 'git'),
    secretsKey: shared.SECRETS_KEY,
    publicUrl: balancer.url,
  })
  const run: Run = (call, env) => ended(start(call.join(' '), call, env))
  const bundle = { WORKFLOW_BUNDLE: path.join(image.app, 'workflows.js'), WORKER_QUEUES: 'payments' }
  const reading = { ...shared, WORKER_QUEUES: 'git-ingest', STORAGE_DIR: '/tmp', INGEST_DIR: '/tmp/ingest' }
  const serving = { ...paying, HOST: '127.0.0.1', STRIPE_WEBHOOK_SECRET: outside.webhookSecret }
  const first = { worker: { ...paying, ...bundle }, ingest: reading, api: serving }
  say(`without namespace or folder nothing starts. ${await makesNamespace(run, first)}`)
  const startApi = (port: number, at: number) =>
    start(`api ${at + 1}`, 'src/bin/api.ts', {
      ...serving,
      PORT: String(port),
      TRUSTED_PROXIES: '127.0.0.1',
    })
  const [api1, api2] = ports.map(startApi) as [Container, Container]
  const startWorker = (at: number) =>
    start(`worker ${at}`, 'src/bin/worker.ts', { ...paying, ...bundle, HEALTH_FILE })
  const [worker1, worker2] = [startWorker(1), startWorker(2)]
  const folders = [storageDir, path.join(dir, 'ingest')]
  const ingest = start(
    'worker-ingest',
    'src/bin/worker.ts',
    { ...shared, HEALTH_FILE, WORKER_QUEUES: 'git-ingest', INGEST_DIR: folders[1] ?? '' },
    folders,
  )
  await Promise.all([...apis.map(isReady), ...[worker1, worker2, ingest].map(untilPolling)])
  const current = await ended(start('current', 'src/bin/set-current-version.ts', shared))
  assert.equal(current.code, 0, current.printed)
  say(`set-current-version: ${current.printed.trim()}`)
  say(
    `two apis are ready: ${containers
      .slice(-5)
      .map(({ name, memoryMb }) => `${name} ${memoryMb()} MB`)
      .join(', ')}`,
  )

  say(await opensMarket(run, { DATABASE_URL: databaseUrl, PUBLIC_URL: balancer.url }))
  const buyers = await Promise.all([
    aClient(balancer.url, 'buyer@example.test', 'acme-retail'),
    aClient(balancer.url, 'developer@example.test', 'globex'),
    aClient(balancer.url, 'buyer@example.test', 'acme-retail'),
  ])
  const money = moneyAt(outside.stripe.url, databaseUrl)
  const took = await purchases(buyers, 6)
  say(`6 purchases through both apis took ${took.join(', ')} ms; ${await money.agreed(6)}`)

  const through = purchases(buyers, 9)
  await sleep(300)
  const killed = await worker1.stop('SIGKILL')
  say(`worker 1 was killed (${killed.ended}) with purchases in flight`)
  say(`9 purchases went on: ${(await through).join(', ')} ms; ${await money.agreed(15)}`)

  const worker3 = startWorker(3)
  const draining = purchases(buyers, 6)
  await sleep(200)
  const [apiEnd, workerEnd] = await Promise.all([api1.stop('SIGTERM'), worker2.stop('SIGTERM')])
  assert.deepEqual([apiEnd.ended, workerEnd.ended], [0, 0])
  say(`api 1 and worker 2 ended by SIGTERM in ${apiEnd.ms} and ${workerEnd.ms} ms, with code 0`)
  say(`6 purchases went on: ${(await draining).join(', ')} ms; ${await money.agreed(21)}`)
  say(`requests by api: ${[...balancer.counts.values()].join(' and ')}`)
  for (const each of [api2, worker3, ingest]) {
    const { ended: code, ms } = await each.stop('SIGTERM')
    assert.equal(code, 0, `${each.name}: ${each.printed().slice(-2000)}`)
    say(`${each.name} ended by SIGTERM in ${ms} ms`)
  }
  for (const { name, printed } of containers)
    assert.doesNotMatch(printed(), /"level":(50|60)|EROFS|EACCES/, `${name} logged an error`)
}

type Start = (name: string, program: string, env: Record<string, string>) => Container

async function refusesWeakSettings(start: Start): Promise<void> {
  for (const program of ['api', 'worker', 'migrate']) {
    const { code, printed } = await ended(
      start(`bare ${program}`, `src/bin/${program}.ts`, {
        NODE_ENV: 'production',
        SECRETS_KEY: 'bm90LWEta2V5',
      }),
    )
    assert.equal(code, 1)
    assert.doesNotMatch(printed, /\n\s+at |bm90LWEta2V5/)
    say(`a bare ${program} refuses with ${printed.trim().split('\n').length} lines`)
  }
}

async function ended(container: Container): Promise<{ code: number | null; printed: string }> {
  const child = container.process()
  while (child.exitCode === null && child.signalCode === null) await sleep(20)
  containers.splice(containers.indexOf(container), 1)
  return { code: child.exitCode, printed: container.printed() }
}

async function isReady(api: string): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; await sleep(100)) {
    const answer = await fetch(`${api}/readyz`).catch(() => undefined)
    if (answer?.ok) return
  }
  throw new Error(`${api} is not ready`)
}

/** A worker signs its life as soon as it polls. The file is in the worker's own /tmp. */
async function untilPolling({ name, process: running, printed }: Container): Promise<void> {
  const { pid, exitCode } = running()
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end && exitCode === null; await sleep(100))
    if (fs.existsSync(`/proc/${pid}/root${HEALTH_FILE}`)) return
  throw new Error(`${name} does not poll: ${printed()}`)
}
