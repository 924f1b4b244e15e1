import { leaseOpenRuns, noteMoving, noteStuck, type WatchedRun, resumeIfLost } from '#domain/operations'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import type { Temporal } from '#platform/temporal'
import { lookRepeatedly, type Relay } from './look-repeatedly.ts'

/** As many looks run at the same time. */
const AT_ONCE = 10

interface Watching {
  db: Db
  temporal: Pick<Temporal, 'lookAtRun' | 'resumedRun'>
  log: Logger
}

/**
 * Looks every two minutes whether the run of each open operation lives. A lost run is resumed from its row; a run whose
 * tasks keep failing is left to an operator. Several processes may look: each run is leased to one of them.
 */
export function watchRuns(watching: Watching): Relay {
  const { log } = watching
  return lookRepeatedly(() => lookAtDue(watching), { channel: 'operations', databaseUrl: undefined, log })
}

async function lookAtDue(watching: Watching): Promise<void> {
  for (;;) {
    const due = await leaseOpenRuns(watching.db, AT_ONCE)
    const seen = await Promise.all(due.map((run) => lookAt(watching, run)))
    // without an answer from Temporal, the next looks would have none either
    if (due.length < AT_ONCE || seen.every((each) => each === 'unknown')) return
  }
}

async function lookAt({ db, temporal, log }: Watching, { id, workflowId }: WatchedRun) {
  const at = new Date()
  const about = { operation: id, workflowId }
  try {
    const seen = await resumeIfLost(db, temporal, { id, at })
    if (seen === 'resumed') log.warn(about, 'the run of an operation was lost and is resumed')
    if (seen === 'stuck' && (await noteStuck(db, id, at)))
      log.error(about, 'the tasks of a run keep failing: the code of the worker cannot go on with it')
    if (seen === 'lives') await noteMoving(db, id, at)
    return seen
  } catch (error) {
    log.warn({ ...about, error }, 'it could not be seen whether a run lives')
    return 'unknown'
  }
}
