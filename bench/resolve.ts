// node bench/resolve.ts: what resolve_project costs for 5,000 packages, compared with reading the same lock and asking for
// its names by one select, which is the least that any answer needs; and how it grows from 50 packages and from 50 sold ones.
import { performance } from 'node:perf_hooks'
import { sql } from 'kysely'
import pg from 'pg'
import { resolveProject } from '#domain/resolution'
import { type Db, openDatabase } from '#platform/database'
import { migrate } from '#platform/migrations'
import { throwAwayPostgres } from '../sandbox/engines/throw-away.ts'
import { aMarket, aProject, type Market } from '../test/support/a-market.ts'

const ROUNDS = 30
const SOLD = 2_000
const AT = new Date('2026-11-30T12:00:00Z')

const postgres = await throwAwayPostgres()
try {
  const admin = new pg.Client({ connectionString: postgres.url() })
  await admin.connect()
  await admin.query('create database resolve')
  await admin.end()
  await measure(postgres.url('resolve'))
} finally {
  await postgres.stop()
}

async function measure(url: string): Promise<void> {
  await migrate(url, 'migrations')
  const { db, close } = openDatabase(url, { max: 4 })
  const market = await aMarket(db)
  const { id } = await aProject(market)
  await fill(db, market)
  console.log('packages  sold here  median ms  cpu ms  ratio to the baseline')
  for (const [packages, sold] of [
    [50, 5],
    [500, 50],
    [5_000, 50],
    [5_000, 1_000],
  ] as const) {
    const lock = lockOf(packages, sold)
    const org = await market.access('viewer', 'acme-retail')
    const files = { composer_json: '{}', composer_lock: lock }
    const baseline = await timed(() => leastOf(db, lock))
    const own = await timed(() => resolveProject(db, { org, files, project: id, at: AT }))
    console.log(
      [
        String(packages).padStart(8),
        String(sold).padStart(9),
        own.median.toFixed(1).padStart(9),
        own.cpu.toFixed(1).padStart(6),
        (own.median / baseline.median).toFixed(1).padStart(6),
      ].join('  '),
    )
  }
  await close()
}

/** The least that an answer needs: the lock is parsed, and one select finds the packages. */
async function leastOf(db: Db, lock: string): Promise<void> {
  const { packages } = JSON.parse(lock) as { packages: { name: string }[] }
  const names = packages.map(({ name }) => name)
  await sql`select id, name from package_offers where name = any(${names}::text[])`.execute(db)
}

async function timed(run: () => Promise<unknown>): Promise<{ median: number; cpu: number }> {
  for (let n = 0; n < 3; n++) await run()
  const times: number[] = []
  const since = process.cpuUsage()
  for (let n = 0; n < ROUNDS; n++) {
    const from = performance.now()
    await run()
    times.push(performance.now() - from)
  }
  const { user, system } = process.cpuUsage(since)
  return { median: times.toSorted((a, b) => a - b)[ROUNDS / 2] ?? 0, cpu: (user + system) / 1_000 / ROUNDS }
}

function lockOf(packages: number, sold: number): string {
  const entries = Array.from({ length: packages }, (_, n) => ({
    name: n < sold ? `bulk/package-${n}` : `stranger/module-${n}`,
    version: '1.7.0',
    require: { php: '>=8.2', 'stranger/module-1': '^1.0' },
    dist: { type: 'zip', url: `https://repo.example/${n}.zip`, reference: '0'.repeat(40) },
  }))
  return JSON.stringify({ packages: entries })
}

/** Packages with 20 versions each, and a suite for each ten of them. By SQL, because publishing them would take minutes. */
async function fill(db: Db, { org }: Market): Promise<void> {
  const id = (prefix: string, n: string) => sql.raw(`'${prefix}_' || lpad((${n})::text, 26, '0')`)
  await sql`
    insert into vendors (id, org_id, slug, name, created_at, approved_at, payable_since, stripe_account_id)
    values (${id('ven', '0')}, ${org('northwind')}, 'bulk', 'Bulk', now(), now(), now(), 'acct_bulk')`.execute(
    db,
  )
  await sql`
    insert into packages (id, vendor_id, name, type, title, created_at)
    select ${id('pkg', 'n')}, ${id('ven', '0')}, 'bulk/package-' || n, 'magento2-module', 'Package', now()
      from generate_series(0, ${SOLD + SOLD / 10 - 1}::int) n`.execute(db)
  await sql`
    insert into package_prices (package_id, edition, model, amount, currency, updated_at)
    select ${id('pkg', 'n')}, 'open-source', 'yearly', case when n < ${SOLD}::int then 1000 + n else 9000 end, 'EUR', now()
      from generate_series(0, ${SOLD + SOLD / 10 - 1}::int) n`.execute(db)
  await sql`
    insert into package_coverage (parent_id, child_id, since)
    select id, id, '-infinity' from packages where name like 'bulk/%'`.execute(db)
  await sql`
    insert into package_coverage (parent_id, child_id, since)
    select ${id('pkg', `${SOLD} + n / 10`)}, ${id('pkg', 'n')}, now() - interval '1 year'
      from generate_series(0, ${SOLD - 1}::int) n`.execute(db)
  await sql`
    insert into versions (id, package_id, tag, label, version_normalized, stability, released_at, committed_at, commit_sha,
                          tree_sha, manifest)
    select ${id('ver', 'n * 20 + v')}, ${id('pkg', 'n')}, 'v1.' || v || '.0', '1.' || v || '.0', '1.' || v || '.0.0',
           'stable', now() - interval '1 year' + v * interval '1 day', now(), repeat('a', 40), repeat('b', 40),
           json_build_object('name', 'bulk/package-' || n, 'type', 'metapackage', 'require', json_build_object('php', '>=8.2'))
      from generate_series(0, ${SOLD + SOLD / 10 - 1}::int) n, generate_series(0, 19) v`.execute(db)
  await sql`analyze`.execute(db)
}
