import type { FastifyInstance } from 'fastify'
import type { Logger } from '#platform/logger'

/** How long a client may take, in ms, and how many may be connected. */
export interface ConnectionLimits {
  /** For the head of a request. */
  headMs: number
  /** For a whole request with its body. The answer may take longer. */
  requestMs: number
  /** Without a single byte in either direction. Longer than any pause of a stream of ours. */
  idleMs: number
  /** How often both are checked. */
  checkEveryMs: number
  /** In this process, together. */
  connections: number
}

const LIMITS: ConnectionLimits = {
  headMs: 20_000,
  requestMs: 60_000,
  idleMs: 120_000,
  checkEveryMs: 5_000,
  connections: 5_000,
}

/** The options of Fastify for these limits. Its own default waits for a body forever. */
export function serverOptions(limits: Partial<ConnectionLimits> = {}) {
  const { headMs, requestMs, idleMs, checkEveryMs } = { ...LIMITS, ...limits }
  return {
    requestTimeout: requestMs,
    connectionTimeout: idleMs,
    http: { headersTimeout: headMs, connectionsCheckingInterval: checkEveryMs },
  }
}

const LOG_EVERY_MS = 60_000

/** Closes connections beyond the limit, and logs that once a minute. Also logs what cannot be accepted. */
export function limitConnections(
  app: FastifyInstance,
  { log, limits = {} }: { log: Logger; limits?: Partial<ConnectionLimits> | undefined },
): void {
  // without a listener, a connection that cannot be accepted, as without free file handles, would end the process
  app.server.on('error', (err) => log.error({ err }, 'the server could not accept a connection'))
  const max = limits.connections ?? LIMITS.connections
  app.server.maxConnections = max
  let dropped = 0
  let loggedAt = -Infinity
  app.server.on('drop', () => {
    dropped += 1
    if (performance.now() - loggedAt < LOG_EVERY_MS) return
    log.warn({ max, dropped }, 'there are too many connections, so new ones are closed')
    dropped = 0
    loggedAt = performance.now()
  })
}
