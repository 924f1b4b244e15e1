import type { FastifyInstance } from 'fastify'
import type { Readiness } from './readiness.ts'

const frequent = { config: { isFrequent: true } }

/**
 * `/healthz`: the process is alive. `/readyz`: everything that the process needs is reachable. Otherwise the answer is
 * 503 and names what is missing. Neither has a limit, so both are cheap.
 */
export async function healthRoutes(
  app: FastifyInstance,
  { findMissing }: { findMissing: Readiness },
): Promise<void> {
  app.get('/healthz', frequent, async () => ({ status: 'ok' }))
  app.get('/readyz', frequent, async (_, reply) => {
    const missing = await findMissing()
    return missing.length ? reply.code(503).send({ status: 'not ready', missing }) : { status: 'ready' }
  })
}
