import { headsHash } from '#domain/audit'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Logs one hash over the heads of all audit chains, at the start and then daily. The owner of the database could
 * rewrite a chain, but not the log lines of earlier days.
 */
export function startAuditAnchor({ db, log }: { db: Db; log: Logger }): { stop: () => Promise<void> } {
  let logging = logHeads(db, log)
  const timer = setInterval(() => {
    logging = logHeads(db, log)
  }, DAY_MS)
  return {
    async stop() {
      clearInterval(timer)
      await logging
    },
  }
}

async function logHeads(db: Db, log: Logger): Promise<void> {
  try {
    const { chains, hash } = await headsHash(db)
    log.info({ chains, hash }, 'the hash over the heads of all audit chains')
  } catch (error) {
    log.warn({ error }, 'the heads of the audit chains could not be read')
  }
}
