// npm run bench [-- name …]: compares our doors with the baselines, by requests per second and per ms of CPU time. Three
// processes share the machine: our server, the baselines, and this one, which makes the load. `revocation` and `refresh`
// measure moments instead.
import { sql } from 'kysely'
import pg from 'pg'
import { openDatabase } from '#platform/database'
import { migrate } from '#platform/migrations'
import { throwAwayPostgres } from '../sandbox/engines/throw-away.ts'
import { aStorage } from '../test/support/a-market.ts'
import { type Child, startServer } from './child.ts'
import { cpuTimes } from './cpu.ts'
import { type Figure, figuresOf } from './figures.ts'
import { measureIngest } from './ingest.ts'
import { type Compared, compare, type Spread } from './load.ts'
import { benchMarket } from './market.ts'
import { measureRefresh } from './refresh.ts'
import { measureRevocation, type Measured } from './revocation.ts'

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 9)
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 1)

/** Measurements that check the results and print times, but no ratio. */
const MOMENTS = [
  { name: 'revocation', run: measureRevocation },
  { name: 'refresh', run: measureRefresh },
]

const wanted = process.argv.slice(2)
const postgres = await throwAwayPostgres()
const disk = await aStorage()
const servers: Child[] = []
try {
  const databaseUrl = await aMigratedDatabase()
  if (String(wanted) !== 'ingest') await measure(databaseUrl, disk.dir)
  if (!wanted.length || wanted.includes('ingest')) await measureIngest(databaseUrl)
} finally {
  await Promise.all(servers.map(({ stop }) => stop()))
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

async function measure(databaseUrl: string, storageDir: string): Promise<void> {
  const { db, close } = openDatabase(databaseUrl, { max: 4 })
  const market = await benchMarket(db)
  const ours = await started('ours.ts', { databaseUrl, storageDir })
  const { figures, answers } = await figuresOf(market, { db, origin: ours.origin, storageDir })
  await sql`analyze`.execute(db)
  const compared = figures.filter(isWanted)
  if (compared.length) await compareAll(compared, { ours, answers, databaseUrl, storageDir })
  const measured: Measured = {
    db,
    market,
    ours,
    start: (given) => started('ours.ts', { databaseUrl, storageDir, ...given }),
  }
  for (const { name, run } of MOMENTS.filter(isWanted))
    for (const line of await run(measured)) console.log(`${name.padEnd(20)}  ${line}`)
  await close()
}

interface Comparison {
  ours: Child
  answers: object
  databaseUrl: string
  storageDir: string
}

async function compareAll(
  figures: readonly Figure[],
  { ours, answers, databaseUrl, storageDir }: Comparison,
): Promise<void> {
  const baselines = await started('baselines.ts', { databaseUrl, ...answers })
  const trusting = figures.some((figure) => figure.isTrusting)
    ? await started('trusting.ts', { databaseUrl, storageDir })
    : undefined
  const pids = [ours, baselines, trusting].flatMap((child) => child?.pid ?? [])
  const cpu = () => cpuTimes(pids, postgres.pid)
  console.log('                      by time (spread)      by CPU (spread)       requests a second')
  for (const figure of figures) {
    const { request, isTrusting } = figure
    const { origin } = (isTrusting && trusting) || baselines
    const asked = { ours: { origin: ours.origin, ...request }, baseline: { origin, ...request } }
    console.log(lineOf(figure, await compare(asked, { rounds: ROUNDS, seconds: SECONDS, cpu })))
  }
}

async function started(file: string, given: object): Promise<Child> {
  const server = await startServer(file, given)
  servers.push(server)
  return server
}

function isWanted({ name }: { name: string }): boolean {
  return !wanted.length || wanted.some((each) => name.includes(each))
}

function lineOf({ name, goal, baseline }: Figure, { rates, byTime, byCpu }: Compared): string {
  const counted = `${Math.round(rates.ours)} : ${Math.round(rates.baseline)}`.padEnd(16)
  const aim = goal ? `, goal ${goal}` : ''
  return `${name.padEnd(20)}  ${textOf(byTime)}  ${textOf(byCpu)}  ${counted}  of ${baseline}${aim}`
}

function textOf([least, ratio, most]: Spread): string {
  return `${ratio.toFixed(2)} (${least.toFixed(2)} to ${most.toFixed(2)})`.padEnd(20)
}
