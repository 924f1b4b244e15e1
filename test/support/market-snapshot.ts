import fs from 'node:fs/promises'
import path from 'node:path'
import { sql } from 'kysely'
import { packTar } from '#platform/archives'
import { type Db, openDatabase } from '#platform/database'
import { inTransaction } from '#platform/transactions'
import { openDiskStorage, type Storage } from '#platform/storage'
import { mintId, type OrgId } from '#kernel/ids'
import { ORGS, SANDBOX_PASSWORD } from '../../sandbox/seed/cast.ts'
import { seedCatalogue } from '../../sandbox/seed/catalogue.ts'
import { seedPeople } from '../../sandbox/seed/people.ts'
import { archiveOf, localTags, repositoriesIn } from '../../sandbox/seed/repositories.ts'
import { ingestPackages, unfinishedPackages } from '../../sandbox/seed/versions.ts'
import { cheapPasswords } from './passwords.ts'

/** When the people, vendors and packages of the demo market were created: before everything that a test does. */
export const MARKET_SINCE = new Date('2026-01-01T00:00:00Z')

/** The rows of the demo market, which all tests share: its ids are the same in each database. */
interface Snapshot extends Backup {
  orgs: [slug: string, id: OrgId][]
}

export interface Backup {
  tables: { name: string; columns: string[]; rows: unknown[] }[]
  sequences: { name: string; last: string }[]
}

const ROWS = 'market.json'
const ZIPS = 'storage'

/** Ingests the demo market as `npm start` does. Returns the ids of the orgs by slug. */
export async function ingestMarket(db: Db, dir: string): Promise<Map<string, OrgId>> {
  const at = MARKET_SINCE
  const orgs = new Map(Object.keys(ORGS).map((slug) => [slug, mintId('org', at, Math.random)]))
  const passwordPhc = await cheapPasswords.hash(SANDBOX_PASSWORD)
  await inTransaction(db, async (tx) => {
    await seedPeople(tx, { orgs, passwordPhc, at })
    await seedCatalogue(tx, { orgs, at })
  })
  const repositories = await repositoriesIn(path.join(dir, 'git'))
  const storage = openDiskStorage(path.join(dir, ZIPS))
  await ingestPackages({ db, storage, repositories, at }, await unfinishedPackages(db))
  return orgs
}

/** Ingests the demo market once for a whole run, and stores its rows and zips in a folder. */
export async function storeMarket(url: string, dir: string): Promise<void> {
  const { db, close } = openDatabase(url, { max: 2 })
  const orgs = await ingestMarket(db, dir)
  const backup = await backupOf(db)
  const snapshot: Snapshot = {
    orgs: [...orgs],
    ...backup,
    tables: backup.tables.filter(({ rows }) => rows.length),
  }
  await fs.writeFile(path.join(dir, ROWS), JSON.stringify(snapshot))
  await close()
}

/** Read once per process. */
let reading: Promise<Snapshot> | undefined
const snapshotIn = (dir: string): Promise<Snapshot> =>
  (reading ??= fs.readFile(path.join(dir, ROWS), 'utf8').then((text) => JSON.parse(text) as Snapshot))

/** Puts the stored rows into a migrated database that lacks them. Returns the ids of the orgs by slug. */
export async function restoreMarket(db: Db, dir: string): Promise<Map<string, OrgId>> {
  const { orgs, ...backup } = await snapshotIn(dir)
  const found = await db.selectFrom('vendors').select('id').limit(1).executeTakeFirst()
  if (!found) await restoreBackup(db, backup)
  return new Map(orgs)
}

/** All rows of a database. */
export async function backupOf(db: Db): Promise<Backup> {
  const { rows: sequences } = await sql<{ name: string; last: string }>`
    select sequencename as name, last_value::text as last from pg_sequences where last_value is not null`.execute(
    db,
  )
  return { tables: await tablesOf(db), sequences }
}

/** Replaces the rows of each table that a backup has. */
export async function restoreBackup(db: Db, { tables, sequences }: Backup): Promise<void> {
  await inTransaction(db, async (tx) => {
    // no trigger runs, and the order of the tables is free
    await sql`set local session_replication_role = replica`.execute(tx)
    for (const { name, columns, rows } of tables) {
      const [table, list] = [sql.table(name), sql.join(columns.map((column) => sql.ref(column)))]
      await sql`delete from ${table}`.execute(tx)
      await sql`
        insert into ${table} (${list}) overriding system value
        select ${list} from json_populate_recordset(null::${table}, ${JSON.stringify(rows)}::json)`.execute(
        tx,
      )
    }
    for (const { name, last } of sequences)
      await sql`select setval(${name}::regclass, ${last}::bigint)`.execute(tx)
  })
}

/** Copies the zips of a stored market into a storage. */
export const copyZips = (dir: string, to: string): Promise<void> =>
  fs.cp(path.join(dir, ZIPS), to, { recursive: true })

/** Makes the zips of all demo packages. */
export async function makeZips(dir: string, storage: Storage): Promise<void> {
  for (const folder of (await repositoriesIn(path.join(dir, 'git'))).values())
    for (const { commit } of await localTags(folder)) {
      const { zip, sha256 } = await packTar(await archiveOf(folder, commit))
      await storage.put(zip, sha256)
    }
}

async function tablesOf(db: Db): Promise<Backup['tables']> {
  const { rows: columns } = await sql<{ table: string; columns: string[] }>`
    select c.table_name as table, array_agg(c.column_name::text order by c.ordinal_position) as columns
      from information_schema.columns c
      join information_schema.tables t using (table_schema, table_name)
     where t.table_schema = 'public' and t.table_type = 'BASE TABLE' and c.is_generated = 'NEVER'
       and t.table_name <> 'schema_migration'
     group by 1`.execute(db)
  const tables = []
  for (const { table, columns: names } of columns) {
    const { rows } = await sql<{
      row: unknown
    }>`select to_jsonb(t) as row from ${sql.table(table)} t`.execute(db)
    tables.push({ name: table, columns: names, rows: rows.map(({ row }) => row) })
  }
  return tables
}
