import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import type { Storage } from '#platform/storage'
import type { Memory } from '../memory.ts'

/** What the registry needs from its process. */
export interface ComposerRegistryOptions {
  db: Db
  /** For metadata only. The token of a request for a zip is looked up each time. */
  memory: Memory
  storage: Pick<Storage, 'open'>
  /** An origin. Every URL in a body begins with it. */
  publicUrl: string
  now: () => Date
  log: Logger
}
