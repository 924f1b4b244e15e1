import { logEverythingMissing, logHead } from '#domain/transparency'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * At the start and then daily, adds to the transparency log what it lacks: events that are older than the log, or were
 * done by hand. Writes the head to the log of the process, which the owner of the database cannot rewrite.
 */
export function startLogKeeper({ db, log }: { db: Db; log: Logger }): { stop: () => Promise<void> } {
  let keeping = keep(db, log)
  const timer = setInterval(() => {
    keeping = keep(db, log)
  }, DAY_MS)
  return {
    async stop() {
      clearInterval(timer)
      await keeping
    },
  }
}

async function keep(db: Db, log: Logger): Promise<void> {
  try {
    const added = await logEverythingMissing(db)
    const { size, root } = await logHead(db)
    log.info({ added, size, root: root.toString('hex') }, 'the head of the transparency log')
  } catch (error) {
    log.warn({ error }, 'the transparency log could not be completed')
  }
}
