import type { CodesIn } from '#kernel/errors'
import type * as refusals from './errors.ts'
export { appendToLog } from './append-to-log.ts'
export { openCheckpoint, signedCheckpoint, verifierKey } from './checkpoint.ts'
export { logKey, type StoredLogKey } from './log-key.ts'
export { logEverythingMissing, logPastOf } from './log-past.ts'
export {
  consistencyProof,
  entriesBefore,
  entriesFrom,
  inclusionProof,
  logHead,
  type StoredEntry,
} from './log-reads.ts'
export {
  joined,
  leafHash,
  nodeHash,
  provesConsistency,
  provesInclusion,
  type Range,
  subtreesOf,
  type TreeHead,
} from './merkle.ts'

/** The codes of all refusals of `transparency`. */
export type TransparencyCode = CodesIn<typeof refusals>
