import { ApplicationFailure, TemporalFailure } from '@temporalio/workflow'
import { UNDO_FAILED } from './refusals.ts'

type Undo = () => Promise<unknown>
type IfItFails = (undo: Undo) => void

/**
 * Runs steps. Each step registers its undo with `ifItFails` before it begins. After a failure all registered undos run,
 * the last one first, and the failure is thrown again. When an undo fails, the others still run, and the saga throws
 * `undo_failed`. After a bug no undo runs: the run stops until the code is fixed.
 */
export async function saga<T>(steps: (ifItFails: IfItFails) => Promise<T>): Promise<T> {
  const undos: Undo[] = []
  try {
    return await steps((undo) => undos.unshift(undo))
  } catch (failure) {
    if (!(failure instanceof TemporalFailure)) throw failure
    await undoAll(undos)
    throw failure
  }
}

/** Runs undos one after another. When one fails, the others still run, and it throws `undo_failed`. */
export async function undoAll(undos: readonly Undo[]): Promise<void> {
  let hasFailed = false
  for (const undo of undos)
    try {
      await undo()
    } catch {
      hasFailed = true
    }
  // not benign: an operator has to look at it
  if (hasFailed) throw ApplicationFailure.nonRetryable(UNDO_FAILED.message, UNDO_FAILED.code)
}

export const isUndoFailed = (failure: unknown): boolean =>
  failure instanceof ApplicationFailure && failure.type === UNDO_FAILED.code
