import { syncRun } from '#contracts/ids'
import { askForDueSyncs } from '#domain/publications'
import { reportMissing } from '#domain/publishing'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'

const LOOK_EVERY_MS = 60_000

/**
 * Asks every minute for the looks at tags that are due, and tells vendors which dependencies are missing. Several processes
 * may do so: each look is asked for once, and each name is told once.
 */
export function startDueSyncs({ db, log }: { db: Db; log: Logger }): { stop: () => Promise<void> } {
  let asking: Promise<void> | undefined
  const ask = () =>
    (asking ??= lookOnce(db, log)
      .catch((error: unknown) => log.warn({ error }, 'the due looks at tags could not be read'))
      .finally(() => (asking = undefined)))
  const timer = setInterval(() => void ask(), LOOK_EVERY_MS)
  void ask()
  return {
    async stop() {
      clearInterval(timer)
      await asking
    },
  }
}

async function lookOnce(db: Db, log: Logger): Promise<void> {
  const at = new Date()
  const due = await askForDueSyncs(db, { runOf: syncRun, at })
  if (due) log.info({ due }, 'looks at the tags of packages were due')
  const reported = await reportMissing(db, {
    at,
    onFailure: (error, vendor) =>
      log.warn({ error, vendor }, 'missing dependencies are reported to a vendor later'),
  })
  if (reported) log.info({ reported }, 'missing dependencies were reported to their vendors')
}
