import { deriveMissing } from '#domain/publishing'
import type { PackageId } from '#kernel/ids'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'

const DAY_MS = 24 * 60 * 60 * 1000
const RETRY_MS = 5 * 60 * 1000

/**
 * At the start and then daily, derives with which Magento versions the stored versions work, where it is missing or was
 * derived by an older table of releases. A worker of an older build publishes versions without it. A package that fails is
 * left out and logged, and after five minutes all is tried again. Several processes may do so: each version is derived
 * under the lock of its package.
 */
export function startMagentoLines({ db, log }: { db: Db; log: Logger }): { stop: () => Promise<void> } {
  let isStopped = false
  let timer: NodeJS.Timeout | undefined
  const derive = async (): Promise<void> => {
    let failures = 0
    const onFailure = (packageId: PackageId | undefined, error: unknown) => {
      failures++
      log.warn({ packageId, error }, 'the Magento versions with which packages work could not be derived')
    }
    try {
      const versions = await deriveMissing(db, { isStopped: () => isStopped, onFailure })
      if (versions) log.info({ versions }, 'the Magento versions with which packages work were derived')
    } catch (error) {
      onFailure(undefined, error)
    }
    if (!isStopped) timer = setTimeout(deriveAgain, failures ? RETRY_MS : DAY_MS)
  }
  const deriveAgain = () => {
    deriving = derive()
  }
  let deriving = derive()
  return {
    async stop() {
      isStopped = true
      clearTimeout(timer)
      await deriving
    },
  }
}
