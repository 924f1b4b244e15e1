import { syncRun } from '#contracts/ids'
import { askForDueSyncs } from '#domain/publications'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'

const LOOK_EVERY_MS = 60_000

/** Asks every minute for the looks at tags that are due. Several processes may do so: each look is asked for once. */
export function startDueSyncs({ db, log }: { db: Db; log: Logger }): { stop: () => Promise<void> } {
  let asking: Promise<void> | undefined
  const ask = () =>
    (asking ??= askForDueSyncs(db, { runOf: syncRun, at: new Date() })
      .then((due) => {
        if (due) log.info({ due }, 'looks at the tags of packages were due')
      })
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
