import path from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Db } from '#platform/database'
import { appliedMigrations, type Migration, readMigrations } from '#platform/migrations'

const frequent = { config: { isFrequent: true } }
const MIGRATIONS = path.resolve(import.meta.dirname, '../../migrations')

export interface HealthOptions {
  db: Db
  temporalReachable: () => Promise<boolean>
}

/**
 * `/healthz`: the process is alive. `/readyz`: everything that the process needs is reachable. Otherwise the answer is
 * 503 and names what is missing.
 */
export async function healthRoutes(
  app: FastifyInstance,
  { db, temporalReachable }: HealthOptions,
): Promise<void> {
  const migrations = await readMigrations(MIGRATIONS)
  app.get('/healthz', frequent, async () => ({ status: 'ok' }))
  app.get('/readyz', frequent, async (_, reply) => {
    const [database, temporal] = await Promise.all([databaseFault(db, migrations), temporalReachable()])
    const missing = [...(database ? [database] : []), ...(temporal ? [] : ['temporal'])]
    return missing.length ? reply.code(503).send({ status: 'not ready', missing }) : { status: 'ready' }
  })
}

/**
 * Returns `postgres` when it is unreachable, `schema` when one of our migrations is missing. Newer migrations are fine
 * during a deploy.
 */
async function databaseFault(db: Db, migrations: readonly Migration[]): Promise<string | undefined> {
  try {
    const applied = new Set((await appliedMigrations(db)).map(({ name, checksum }) => `${name} ${checksum}`))
    return migrations.every(({ name, checksum }) => applied.has(`${name} ${checksum}`)) ? undefined : 'schema'
  } catch (error) {
    const isWithoutTable = (error as { code?: string }).code === '42P01'
    return isWithoutTable ? 'schema' : 'postgres'
  }
}
