import { deriveMissing } from '#domain/publishing'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * At the start and then daily, derives with which Magento versions the stored versions work, where it is missing or was
 * derived by an older table of releases. A worker of an older build publishes versions without it.
 * Several processes may do so: each version is derived under the lock of its package.
 */
export function startMagentoLines({ db, log }: { db: Db; log: Logger }): { stop: () => Promise<void> } {
  let isStopped = false
  const derive = () =>
    deriveMissing(db, () => isStopped)
      .then((versions) => {
        if (versions) log.info({ versions }, 'the Magento versions with which packages work were derived')
      })
      .catch((error: unknown) =>
        log.warn({ error }, 'the Magento versions with which packages work could not be derived'),
      )
  let deriving = derive()
  const timer = setInterval(() => {
    deriving = deriving.then(derive)
  }, DAY_MS)
  return {
    async stop() {
      isStopped = true
      clearInterval(timer)
      await deriving
    },
  }
}
