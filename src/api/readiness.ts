import path from 'node:path'
import type { Db } from '#platform/database'
import { appliedMigrations, type Migration, readMigrations } from '#platform/migrations'

const MIGRATIONS = path.resolve(import.meta.dirname, '../../migrations')

/** `schema`: one of our migrations is missing. `worker`: Temporal runs, and nobody works on what it has. */
export type Part = 'postgres' | 'schema' | 'temporal' | 'worker'

/** Returns what the process needs and does not have. Empty when it is ready. */
export type Readiness = () => Promise<Part[]>

export async function readiness(options: {
  db: Db
  temporalReachable: () => Promise<boolean>
}): Promise<Readiness> {
  const { db, temporalReachable } = options
  const migrations = await readMigrations(MIGRATIONS)
  return async () => {
    const [database, temporal] = await Promise.all([databaseFault(db, migrations), temporalReachable()])
    return [...(database ? [database] : []), ...(temporal ? [] : ['temporal' as const])]
  }
}

const SHARED_MS = 1_000

/** The same answer for everybody who asks within a second, for a page that strangers may open. */
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
