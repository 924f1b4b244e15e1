import type { TemporalRuns } from '#platform/temporal-runs'

const REASON = 'The database was restored to an earlier moment: its operation is resumed from its row.'

/**
 * Ends every open run of an operation, without its undos. After a restore a run may be ahead of its rows, and its next
 * steps would go on from what the rows do not know. The workers resume what is still open, from the rows.
 */
export async function endRuns({
  runs,
  say,
}: {
  runs: Pick<TemporalRuns, 'openRuns' | 'terminate'>
  /** Prints a line. */
  say: (line: string) => void
}): Promise<void> {
  const open = await runs.openRuns()
  for (const { workflowId } of open) {
    await runs.terminate(workflowId, REASON)
    say(`Ended ${workflowId}.`)
  }
  say(
    `Ended ${open.length} ${open.length === 1 ? 'run' : 'runs'}. The workers resume the open operations from their rows.`,
  )
}
