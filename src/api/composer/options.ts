import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import type { Storage } from '#platform/storage'
import type { Memory } from '../memory.ts'

/** What the registry needs of the process it runs in. */
export interface ComposerRegistryOptions {
  db: Db
  /** For metadata only: who asks for a zip is looked up each time. */
  memory: Memory
  storage: Storage
  /** An origin; every URL in a body is made of it. */
  publicUrl: string
  now: () => Date
  log: Logger
}
