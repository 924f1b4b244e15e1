import { randomBytes, randomUUID } from 'node:crypto'
import path from 'node:path'
import type { WorkflowClient } from '@temporalio/client'
import { NativeConnection } from '@temporalio/worker'
import { activitiesOn, type Dependencies, ingestActivitiesOn, repositoriesOn } from '#activities'
import { syncRun } from '#contracts/ids'
import { GIT_INGEST_QUEUE } from '#contracts/messages'
import { billingOn } from '#domain/billing'
import { operationsOn } from '#domain/operations'
import { askForSync } from '#domain/publications'
import type { Scope } from '#domain/orgs'
import type { SpendingSettings } from '#domain/spending'
import type { GitHost } from '#kernel/git-host'
import { openGitReader } from '#platform/git'
import { findIsolation } from '#platform/git/isolation'
import { openLogger } from '#platform/logger'
import { openSecrets } from '#platform/secrets'
import { openTemporal, type Temporal } from '#platform/temporal'
import { freePort } from '../../sandbox/engines/process.ts'
import { buildApp } from '../../src/api/app.ts'
import { startRelay } from '../../src/relay/outbox-relay.ts'
import { cheapPasswords } from './passwords.ts'
import { type Bank, aBank } from './a-bank.ts'
import { type Market, aMarket, aStorage } from './a-market.ts'
import type { Fault, Steps } from './faults.ts'
import { aGit, exampleHost } from './git.ts'
import { aMortalProcess, type MortalProcess } from './a-mortal-process.ts'
import { anAssistant, type Assistant } from './an-assistant.ts'
import { aVisitor, type Visitor } from './a-visitor.ts'
import { aTimeSkippingServer, type TestServer } from './a-time-skipping-server.ts'
import { type Build, type TestWorker, aWorker } from './a-worker.ts'
import { A_SELLER } from './a-seller.ts'
import { aDatabase } from './database.ts'
import { aConnection, noLimits } from './mcp.ts'
import { NO_SPENDING_LIMITS, recheckIn } from './spending.ts'

/** What this machine can do does not change, and to find it out starts three programs. */
let isolation: ReturnType<typeof findIsolation> | undefined

/** The secret with which the bank signs its webhooks. */
export const WEBHOOK_SECRET = 'whsec_of_the_test_bank'

export type { Assistant, ToolResponse } from './an-assistant.ts'
export { timeSkippingServer } from './a-time-skipping-server.ts'

export interface ShopOptions {
  /** Skips waits: all clocks run ahead, except the clock of the access tokens. */
  skipsWaits?: boolean
  /** Default: connections may spend what they want. */
  spending?: SpendingSettings
  gitHosts?: (publicUrl: string) => Promise<readonly GitHost[]>
  /** Default: a time-skipping server. */
  server?: () => Promise<TestServer>
  /** What the first worker runs. Default: the sources, without a version. */
  build?: Build
  /** Lets steps die between two effects. Default: they cannot. */
  process?: MortalProcess
}

/** The demo market with a bank, all doors, a Temporal and a worker with its relay. */
export interface Shop extends Dependencies {
  market: Market
  bank: Bank
  workflows: WorkflowClient
  temporal: Temporal
  /** Everything the doors and the worker logged, at debug level. */
  logged: () => string
  /** `buyer` of `acme-retail` unless named. */
  assistant: (who?: { name?: string; org?: string; scopes?: readonly Scope[] }) => Promise<Assistant>
  /** A person in a browser, signed in when named. */
  visitor: (name?: string) => Promise<Visitor>
  /** The clock of the workflows. */
  now: () => Promise<Date>
  /** The folder of the jobs that read repositories. */
  ingestDir: string
  /** From now on the worker's steps have this fault; without an argument they work again. */
  breaks: (fault?: Fault) => void
  /** Starts one more worker of workflows, beside those that work. */
  deploys: (build: Build) => Promise<TestWorker>
  /** The worker that was started with the shop. */
  worker: TestWorker
  taskQueue: string
  close: () => Promise<void>
}

export async function aShop({
  skipsWaits = false,
  spending = NO_SPENDING_LIMITS,
  gitHosts = async () => [exampleHost],
  process = aMortalProcess(),
  server = () => aTimeSkippingServer(skipsWaits),
  build = {},
}: ShopOptions = {}): Promise<Shop> {
  const port = await freePort()
  const publicUrl = `http://127.0.0.1:${port}`
  const webhook = { url: `${publicUrl}/callbacks/stripe`, secret: WEBHOOK_SECRET }
  const [database, bank, temporalServer, disk] = await Promise.all([
    aDatabase('market'),
    aBank({ webhook }),
    server(),
    aStorage(),
  ])
  const db = process.db(database.db)
  const { address, bundle, keepsTasksFor } = temporalServer
  const lines: string[] = []
  const log = openLogger({ level: 'debug', destination: { write: (line: string) => void lines.push(line) } })
  const market = await aMarket(db, { payments: bank.payments })
  const taskQueue = `test-${randomUUID()}`
  const temporal = openTemporal({ address, namespace: 'default', taskQueue })
  const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
  const hosts = (await gitHosts(publicUrl)).map((host) => process.adapter(host))
  const git = aGit({
    db,
    secrets,
    publicUrl,
    hosts,
    startSync: async (tx, { package: of, at }) => void (await askForSync(tx, { run: syncRun(of), at })),
  })
  let ahead = 0
  const now = () => new Date(Date.now() + ahead)
  const app = await buildApp({
    db,
    config: {
      NODE_ENV: 'test',
      PUBLIC_URL: publicUrl,
      ALLOWED_ORIGINS: undefined,
      TRUSTED_PROXIES: undefined,
      DEPLOYMENT: 'test',
      STRIPE_WEBHOOK_SECRET: [webhook.secret],
      OAUTH_REGISTRATION: 'on',
      SELLING_CURRENCIES: ['EUR', 'USD'],
      TEMPORAL_NAMESPACE: 'packagento',
    },
    log,
    operations: operationsOn({ db, ...temporal }),
    storage: disk.storage,
    secrets,
    passwords: cheapPasswords,
    billing: billingOn({ db, payments: bank.payments, recheck: recheckIn(db, spending), log }),
    git,
    spending,
    livemode: bank.payments.livemode,
    temporalReachable: temporal.reachable,
    now,
    limits: noLimits(),
  })
  await app.listen({ host: '127.0.0.1', port })

  /** Sets the clocks of the bank and the doors to the clock of the workflows. */
  async function alignClocks(): Promise<void> {
    const time = await temporalServer.env.currentTimeMs()
    ahead = Math.max(time, now().getTime()) - Date.now()
    const { now: bankSeconds } = await bank.sim<{ now: number }>('clock', { advance: 0 })
    const behind = Math.ceil(now().getTime() / 1000) - bankSeconds
    if (behind > 0) await bank.sim('clock', { advance: behind })
  }
  const deps: Dependencies = {
    db,
    payments: bank.payments,
    secrets,
    log,
    publicUrl,
    feeBasisPoints: 1500,
    seller: A_SELLER,
    spending,
    git,
    gitConsentDays: 2,
  }
  const ingestDir = path.join(disk.dir, 'ingest')
  const ingest = {
    ...repositoriesOn({ db, git }),
    db,
    log,
    storage: process.adapter(disk.storage),
    php: undefined,
    git: process.adapter(
      await openGitReader({
        hosts: hosts.map(({ host: name }) => ({ name, allowHttp: true, allowPrivateAddress: true })),
        folder: ingestDir,
        log,
        isolation: (isolation ??= findIsolation()),
      }),
    ),
  }
  const [activities, ingestActivities] = [activitiesOn(deps), ingestActivitiesOn(ingest)]
  const workingSteps: Steps = { ...activities, ...ingestActivities }
  let currentSteps = workingSteps
  const connection = await NativeConnection.connect({ address })
  const started: TestWorker[] = []
  const current = () => currentSteps
  const deploys = async (build: Build) => {
    const worker = await aWorker({
      connection,
      taskQueue,
      steps: activities,
      current,
      deps,
      build: { bundle, ...build },
      keepsTasksFor,
    })
    started.push(worker)
    return worker
  }
  const worker = await deploys(build)
  if (hosts.length) {
    const ingesting = { connection, taskQueue: GIT_INGEST_QUEUE, steps: ingestActivities, current, deps }
    started.push(await aWorker({ ...ingesting, build: undefined }))
  }
  const relay = startRelay({ db, databaseUrl: database.url, temporal, log })

  return {
    ...deps,
    market,
    now: async () => new Date(Math.max(await temporalServer.env.currentTimeMs(), Date.now())),
    ingestDir,
    deploys,
    worker,
    taskQueue,
    bank,
    workflows: temporalServer.env.client.workflow,
    temporal,
    logged: () => lines.join(''),
    breaks(fault) {
      currentSteps = fault ? fault(workingSteps) : workingSteps
    },
    async visitor(name) {
      const visitor = aVisitor(app, { host: `127.0.0.1:${port}` })
      if (name) await visitor.signIn(name)
      return visitor
    },
    async assistant({ name = 'buyer', org = 'acme-retail', scopes } = {}) {
      const of = { customer: market.person(name), activeOrg: market.org(org), ...(scopes && { scopes }) }
      const { connection: id, mint } = await aConnection(db, of)
      const token = await mint({ aud: `${publicUrl}/mcp` })
      return anAssistant({ url: new URL(`${publicUrl}/mcp`), alignClocks }, id, token)
    },
    async close() {
      await app.close()
      await relay.stop()
      await Promise.all(started.map((each) => each.stop()))
      await Promise.all([temporal.close(), connection.close()])
      await Promise.all([temporalServer.env.teardown(), bank.stop(), database.close(), disk.remove()])
    },
  }
}
