import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import type { Storage } from '#platform/storage'

/** What the registry needs of the process it runs in. */
export interface ComposerRegistryOptions {
  db: Db
  storage: Storage
  /** An origin; every URL in a body is made of it. */
  publicUrl: string
  now: () => Date
  log: Logger
}
