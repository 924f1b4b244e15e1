import { randomBytes } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import { operationsOn } from '#domain/operations'
import type { Db } from '#platform/database'
import { openLogger } from '#platform/logger'
import { openSecrets } from '#platform/secrets'
import { buildApp } from '../../src/api/app.ts'

/** All doors of the api over one database, answering injected requests; `logged` are its lines. */
export async function anApp(
  db: Db,
  { temporalReachable = async () => true }: { temporalReachable?: () => Promise<boolean> } = {},
): Promise<{ app: FastifyInstance; logged: () => Record<string, unknown>[] }> {
  const lines: string[] = []
  const app = await buildApp({
    db,
    config: { PUBLIC_URL: 'https://market.example', ALLOWED_ORIGINS: undefined },
    log: openLogger({ level: 'debug', destination: { write: (line) => void lines.push(line) } }),
    operations: operationsOn({ db, startOrJoin: async () => false, cancelRun: async () => false }),
    storage: { put: async () => {}, open: async () => undefined },
    secrets: openSecrets({ key: randomBytes(32).toString('base64') }),
    temporalReachable,
    now: () => new Date(),
  })
  return { app, logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) }
}
