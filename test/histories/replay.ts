import { historyFromJSON } from '@temporalio/common/lib/proto-utils.js'
import { Worker } from '@temporalio/worker'
import '../support/temporal-runtime.ts'
import { attemptIn, type Recorded } from './history.ts'

/** Runs the bundled workflows on what other runs did. Returns a sentence for each that would do something else now. */
export async function refusedReplays(bundle: string, recorded: readonly Recorded[]): Promise<string[]> {
  const histories = recorded.map(({ type, branch, history }) => ({
    // stories see by their id whether they replace a lost run
    workflowId: `${type}/${branch}${attemptIn(history)}`,
    history: historyFromJSON(history),
  }))
  const refused: string[] = []
  const options = { workflowBundle: { codePath: bundle }, replayName: 'histories' }
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories))
    if (error) refused.push(`${workflowId}: ${WHAT_TO_DO} (${reasonIn(error.message)})`)
  return refused
}

const WHAT_TO_DO =
  'a run like this one that is open now could not go on. Put the change behind patched(), as "Change a live story" in CONTRIBUTING.md says'

/** What the code did in place of what the history holds, without the words around it. */
const reasonIn = (message: string) => /message: "([^"]*)"/.exec(message)?.[1] ?? message
