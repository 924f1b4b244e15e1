import path from 'node:path'
import { GIT_INGEST_QUEUE } from '#contracts/messages'
import type { FindObstacle } from '#domain/operations'
import type { Db } from '#platform/database'
import { appliedMigrations, type Migration, readMigrations } from '#platform/migrations'

const MIGRATIONS = path.resolve(import.meta.dirname, '../../migrations')

/**
 * `storage`: the folder of the zips. `schema`: one of our migrations is missing. `worker`: Temporal runs, and nobody works on what it has. `git-ingest`: nobody
 * reads repositories.
 */
export type Part = 'storage' | 'postgres' | 'schema' | 'temporal' | 'worker' | typeof GIT_INGEST_QUEUE

/** Returns what the process needs and does not have. Empty when it is ready. */
export type Readiness = () => Promise<Part[]>

/** How long a database may take. Shorter than the patience of a monitor. */
const PATIENCE_MS = 2_000

export async function readiness(options: {
  db: Db
  temporalReachable: () => Promise<boolean>
  obstacle: FindObstacle
  storageReachable: () => Promise<boolean>
  patienceMs?: number
}): Promise<Readiness> {
  const { db, temporalReachable, storageReachable, obstacle: find, patienceMs = PATIENCE_MS } = options
  const migrations = await readMigrations(MIGRATIONS)
  return async () => {
    const [database, temporal, obstacle, ofReading, hasZips] = await Promise.all([
      orPostgres(databaseFault(db, migrations), patienceMs),
      temporalReachable(),
      find(),
      find(GIT_INGEST_QUEUE),
      storageReachable(),
    ])
    const parts: Array<Part | false | undefined> = [
      database,
      !hasZips && 'storage',
      !temporal && 'temporal',
      temporal && obstacle === 'no_worker' && 'worker',
      temporal && ofReading === 'no_worker' && GIT_INGEST_QUEUE,
    ]
    return parts.filter((part) => part !== undefined && part !== false)
  }
}

async function orPostgres<Fault>(fault: Promise<Fault>, ms: number): Promise<Fault | 'postgres'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'postgres'>((resolve) => (timer = setTimeout(resolve, ms, 'postgres')))
  return Promise.race([fault, late]).finally(() => clearTimeout(timer))
}

const SHARED_MS = 1_000

/** The same answer for everybody who asks within a second, because strangers may ask without limit. */
export function sharedReadiness(find: Readiness, now: () => Date): Readiness {
  let answer: Promise<Part[]> | undefined
  let until = Infinity
  return () => {
    if (answer && now().getTime() < until) return answer
    until = Infinity
    answer = find().finally(() => (until = now().getTime() + SHARED_MS))
    return answer
  }
}

/** Newer migrations than ours are fine during a deploy. */
async function databaseFault(
  db: Db,
  migrations: readonly Migration[],
): Promise<'postgres' | 'schema' | undefined> {
  try {
    const applied = new Set((await appliedMigrations(db)).map(({ name, checksum }) => `${name} ${checksum}`))
    return migrations.every(({ name, checksum }) => applied.has(`${name} ${checksum}`)) ? undefined : 'schema'
  } catch (error) {
    const isWithoutTable = (error as { code?: string }).code === '42P01'
    return isWithoutTable ? 'schema' : 'postgres'
  }
}
