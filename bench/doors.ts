// npm run bench [-- name …]: requests a second at our doors, as ratios to the least that a server does for the same
// bytes. Three processes share the machine: our server, the baselines, and this one, which makes the load.
import { sql } from 'kysely'
import pg from 'pg'
import { openDatabase } from '#platform/database'
import { migrate } from '#platform/migrations'
import { throwAwayPostgres } from '../sandbox/engines/throw-away.ts'
import { aStorage } from '../test/support/a-market.ts'
import { type Child, startServer } from './child.ts'
import { type Figure, figuresOf } from './figures.ts'
import { type Compared, compare } from './load.ts'
import { benchMarket } from './market.ts'

const ROUNDS = Number(process.env['BENCH_ROUNDS'] ?? 9)
const SECONDS = Number(process.env['BENCH_SECONDS'] ?? 1)

const wanted = process.argv.slice(2)
const postgres = await throwAwayPostgres()
const disk = await aStorage()
const servers: Child[] = []
try {
  await measure(await aMigratedDatabase(), disk.dir)
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
  const { origin } = await started('ours.ts', { databaseUrl, storageDir })
  const { figures, answers } = await figuresOf(market, { db, origin, storageDir })
  await sql`analyze`.execute(db)
  await close()
  const baselines = await started('baselines.ts', { databaseUrl, ...answers })
  for (const figure of figures.filter(isWanted)) {
    const ours = { origin, ...figure.request }
    const baseline = { ...ours, origin: baselines.origin }
    console.log(lineOf(figure, await compare({ ours, baseline }, { rounds: ROUNDS, seconds: SECONDS })))
  }
}

async function started(file: string, given: object): Promise<Child> {
  const server = await startServer(file, given)
  servers.push(server)
  return server
}

function isWanted({ name }: Figure): boolean {
  return !wanted.length || wanted.some((each) => name.includes(each))
}

function lineOf({ name, goal, baseline: of }: Figure, { ours, baseline, ratios }: Compared): string {
  const [least, ratio, most] = ratios.map((each) => each.toFixed(2))
  const rates = `${Math.round(ours)} : ${Math.round(baseline)} a second`
  return `${name.padEnd(20)} ${ratio} (${least} to ${most}) of ${of.padEnd(22)} ${rates.padEnd(26)}${goal ? ` goal ${goal}` : ''}`
}
