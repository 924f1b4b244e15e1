// npm run bench:many: whether the registry, the catalogue and the transparency log cost as much in a large market as in a
// small one. Nothing is remembered here, so that each request reads the database.
import { gzipSync } from 'node:zlib'
import { sql } from 'kysely'
import pg from 'pg'
import { searchPackages } from '#domain/catalogue'
import { publishVersion } from '#domain/publishing'
import { logHead } from '#domain/transparency'
import { mintId } from '#kernel/ids'
import { type Db, openDatabase } from '#platform/database'
import { migrate } from '#platform/migrations'
import { throwAwayPostgres } from '../sandbox/engines/throw-away.ts'
import {
  aLicence,
  aMarket,
  aProject,
  aProjectToken,
  aStorage,
  type Market,
} from '../test/support/a-market.ts'
import { aRegistry } from '../test/support/composer.ts'

const ROUNDS = 300
const WRITERS = 16
const NAME = 'bulk-0/package-0'

const postgres = await throwAwayPostgres()
const disk = await aStorage()
try {
  const admin = new pg.Client({ connectionString: postgres.url() })
  await admin.connect()
  for (const name of ['small', 'large']) await admin.query(`create database ${name}`)
  await admin.end()
  console.log('                                median ms   p99 ms')
  await measure('small', { packages: 16, vendors: 3 })
  await measure('large', { packages: 10_000, vendors: 2_000 })
} finally {
  await Promise.all([postgres.stop(), disk.remove()])
}

async function measure(name: string, size: { packages: number; vendors: number }): Promise<void> {
  const url = postgres.url(name)
  await migrate(url, 'migrations')
  const { db, close } = openDatabase(url, { max: WRITERS })
  const market = await aMarket(db)
  await fill(url, market, size)
  const project = await aProject(market)
  const keys = await aProjectToken(market, project.id)
  await aLicence(market, { package: 'northwind/suite', project: project.id })
  await buy(db, NAME)
  await sql`analyze`.execute(db)
  const door = await aRegistry({ db, storage: disk.storage })
  const what = `${size.packages} packages × 50, ${size.vendors} vendors`
  const get = (path: string) => () => door.get(`/r/${project.id}/${path}`, keys)
  console.log(what)
  await timed('  p2', get(`p2/${NAME}.json`))
  await timed('  packages.json', get('packages.json'))
  const root = (await get('packages.json')()).rawPayload
  console.log(`  packages.json has ${root.length} bytes, ${gzipSync(root).length} compressed`)
  await searches(db)
  await appends(db, market)
  await door.close()
  await close()
}

/** The catalogue by Magento version: one with which most packages work, and one with which few do. */
async function searches(db: Db): Promise<void> {
  for (const [what, worksWith] of [
    ['common', '2.4.8'],
    ['rare', '2.4.0'],
  ] as const)
    await timed(`  works with a ${what} Magento`, async () => {
      await searchPackages(db, { worksWith, limit: 49 })
      return { statusCode: 200 }
    })
}

async function timed(what: string, run: () => Promise<{ statusCode: number }>): Promise<void> {
  const times: number[] = []
  for (let n = 0; n < ROUNDS; n++) {
    const from = performance.now()
    const { statusCode } = await run()
    times.push(performance.now() - from)
    if (statusCode !== 200) throw new Error(`${what} answered ${statusCode}`)
  }
  console.log(`${what.padEnd(32)}${percentile(times, 0.5)}       ${percentile(times, 0.99)}`)
}

function percentile(times: number[], part: number): string {
  return (times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] ?? 0).toFixed(2)
}

/** Rows by SQL, because publishing them one by one would take an hour. */
async function fill(
  url: string,
  market: Market,
  { packages, vendors }: { packages: number; vendors: number },
) {
  const id = (prefix: string, n: string) => `'${prefix}_' || lpad((${n})::text, 26, '0')`
  const zip = `'${'0'.repeat(40)}', '${'0'.repeat(64)}', 1, '${'0'.repeat(64)}', 'x'`
  // not from our pool, which ends each statement after some seconds
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  await client.query(`
    insert into vendors (id, org_id, slug, name, created_at, approved_at)
    select ${id('ven', 'n')}, '${market.org('northwind')}', 'bulk-' || n, 'Bulk ' || n, now(), now()
      from generate_series(0, ${vendors - 1}) n;
    insert into packages (id, vendor_id, name, type, title, created_at)
    select ${id('pkg', 'n')}, ${id('ven', `n % ${vendors}`)}, 'bulk-' || n % ${vendors} || '/package-' || n,
           'magento2-module', 'Package', now() from generate_series(0, ${packages - 1}) n;
    insert into package_coverage (parent_id, child_id, since)
    select id, id, '-infinity' from packages where name like 'bulk-%';
    insert into versions (id, package_id, tag, label, version_normalized, stability, released_at, committed_at, commit_sha,
                          tree_sha, manifest, zip_sha1, zip_sha256, zip_bytes, content_sha256, builder)
    select ${id('ver', 'n * 50 + v')}, ${id('pkg', 'n')}, 'v1.' || v || '.0', '1.' || v || '.0', '1.' || v || '.0.0',
           'stable', now() - interval '1 year', now(), repeat('a', 40), repeat('b', 40),
           json_build_object('name', 'bulk-' || n % ${vendors} || '/package-' || n, 'type', 'magento2-module',
                             'require', json_build_object('php', '>=8.2')), ${zip}
      from generate_series(0, ${packages - 1}) n, generate_series(0, 49) v;
    insert into version_compatibility (version_id, works_with, tested_with, derived_by)
    select id, '{2.4.8}', '{}', 1 from versions where tag like 'v1.%.0' on conflict do nothing;
    insert into package_magento_lines (package_id, line, version_id)
    select ${id('pkg', 'n')}, l.line, ${id('ver', 'n * 50 + 49')}
      from generate_series(0, ${packages - 1}) n,
           (values ('2.4.8', 1), ('2.4.7', 2), ('2.4.0', 500)) l (line, every) where n % l.every = 0`)
  await client.end()
}

/** Lets the licence of the project be for another package. */
async function buy(db: Db, name: string): Promise<void> {
  await sql`
    with bought as (select id from packages where name = ${name}),
         licence as (update licences set package_id = (select id from bought) returning id)
    update activations set package_id = (select id from bought)
     where licence_id in (select id from licence)`.execute(db)
}

/** Publishes versions of 16 packages of different vendors at the same time. */
async function appends(db: Db, { package: idOf }: Market): Promise<void> {
  const at = new Date()
  const ids = await db
    .selectFrom('packages')
    .select(['id', 'name'])
    .where('name', 'like', 'bulk-%')
    .limit(WRITERS)
    .execute()
  const publish = ({ id, name }: { id: ReturnType<typeof idOf>; name: string }, n: number) =>
    publishVersion(db, {
      id: mintId('ver', at, Math.random),
      packageId: id,
      tag: `v2.0.${n}`,
      commitSha: 'c'.repeat(40),
      treeSha: 'd'.repeat(40),
      committedAt: at,
      releasedAt: at,
      manifest: { name, type: 'metapackage', require: {} },
    })
  const { size } = await logHead(db)
  const each = 20
  const from = performance.now()
  await Promise.all(
    ids.map(async (one) => {
      for (let n = 0; n < each; n++) await publish(one, n)
    }),
  )
  const perSecond = ((ids.length * each) / (performance.now() - from)) * 1000
  const logged = (await logHead(db)).size - size
  console.log(
    `  ${ids.length} publish at once: ${perSecond.toFixed(0)} publications a second, ${logged} logged`,
  )
}
