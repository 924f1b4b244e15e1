import { ActivityFailure, continueAsNew, setHandler, workflowInfo } from '@temporalio/workflow'
import type { Refusal } from '#kernel/errors'
import type { PackageId } from '#kernel/ids'
import { nudge } from '#contracts/messages'
import { readGit } from './git-steps.ts'
import { refusalIn } from './operation.ts'
import { now, retryForever } from './steps.ts'

/** As many as one step reads at once. */
const BATCH = 25
/** Then a new run goes on, so that a history stays short: a batch has six events. */
const MOST_BATCHES = 200

/**
 * Looks at the tags of a package until nobody asks again. New version tags become versions, the newest first. What the
 * host refuses ends the look: its reason is noted, and a later look tries again.
 */
export async function followTags({ packageId }: { packageId: PackageId }): Promise<void> {
  let nudges = 0
  setHandler(nudge, () => {
    nudges++
  })
  for (;;) {
    const before = nudges
    const begun = await retryForever.beginSync({ packageId, at: now() })
    if (!begun) return
    const end = await readTags(packageId)
    if (end === 'more') break
    const { asked } = begun
    const { isAskedAgain } = await retryForever.endSync({ packageId, asked, error: end, at: now() })
    if (!isAskedAgain && nudges === before) return
    if (workflowInfo().historyLength > MOST_BATCHES) break
  }
  await continueAsNew<typeof followTags>({ packageId })
}

/** Returns the refusal that ended the look, or `more` when a new run has to go on. */
async function readTags(packageId: PackageId): Promise<Refusal | 'more' | undefined> {
  try {
    const { pending, isMore } = await readGit.lookAtTags({ packageId, at: now() })
    const batches = Math.ceil(pending.length / BATCH)
    for (let batch = 0; batch < Math.min(batches, MOST_BATCHES); batch++) {
      const tags = pending.slice(batch * BATCH, (batch + 1) * BATCH)
      await readGit.ingestTags({ packageId, tags, at: now() })
    }
    return isMore || batches > MOST_BATCHES ? 'more' : undefined
  } catch (failure) {
    if (!(failure instanceof ActivityFailure)) throw failure
    return refusalIn(failure)
  }
}
