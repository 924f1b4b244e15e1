import { ApplicationFailure, TemporalFailure } from '@temporalio/workflow'
import { UNDO_FAILED } from './refusals.ts'

type Undo = () => Promise<unknown>
type IfItFails = (undo: Undo) => void

/**
 * Runs steps whose undo was promised before each. On any failure all promised undos run, the last one first; one
 * that fails does not spare the others and ends as `undo_failed`, else the failure goes on. A bug undoes nothing: the
 * run hangs until it is mended.
 */
export async function saga<T>(steps: (ifItFails: IfItFails) => Promise<T>): Promise<T> {
  const undos: Undo[] = []
  try {
    return await steps((undo) => undos.unshift(undo))
  } catch (failure) {
    if (!(failure instanceof TemporalFailure)) throw failure
    let hasFailed = false
    for (const undo of undos)
      try {
        await undo()
      } catch {
        hasFailed = true
      }
    // not benign: somebody has to look at it
    if (hasFailed) throw ApplicationFailure.nonRetryable(UNDO_FAILED.message, UNDO_FAILED.code)
    throw failure
  }
}

export const isUndoFailed = (failure: unknown): boolean =>
  failure instanceof ApplicationFailure && failure.type === UNDO_FAILED.code
