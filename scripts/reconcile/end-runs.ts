import type { TemporalRuns } from '#platform/temporal-runs'
import { showOrClose } from './marked-list.ts'

const REASON = 'The database was restored to an earlier moment: its operation is resumed from its row.'

/**
 * Shows every open run of an operation. With the mark of that list, ends them, without their undos, unless the list has
 * changed since. After a restore a run may be ahead of its rows, and its next steps would go on from what the rows do not
 * know. The workers resume what is still open, from the rows. Returns false when a run is left.
 */
export async function endRuns(
  {
    runs,
    say,
  }: {
    runs: Pick<TemporalRuns, 'openRuns' | 'terminate'>
    /** Prints a line. */
    say: (line: string) => void
  },
  mark?: string,
): Promise<boolean> {
  const open = await runs.openRuns()
  if (!open.length) say('No run of an operation is open.')
  const entries = open.map(({ workflowId }) => ({
    name: `end ${workflowId}`,
    says: `The run ${workflowId} is open. → end the run.`,
    object: workflowId,
    async close() {
      await runs.terminate(workflowId, REASON)
      return { says: `Ended ${workflowId}.`, isClosed: true }
    },
  }))
  const command = 'npm run admin -- reconcile --end-runs'
  const isAllEnded = await showOrClose(entries, { mark, command, todo: 'end', say })
  if (mark && open.length && isAllEnded) say('The workers resume the open operations from their rows.')
  return isAllEnded
}
