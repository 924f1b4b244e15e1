import { isRunning, type Operation, watchOperation, withObstacle } from '#domain/operations'
import type { Context } from '../call/tool.ts'

/** How long a call lets a client wait, in ms. */
export interface Pace {
  /** Between two progress notifications. */
  noticeEveryMs: number
  /** From the call to its result, for clients that get progress notifications. Some clients give up after a minute. */
  longestMs: number
  /** How long a retry waits for the result of a person's visit to our page. */
  lookAgainMs: number
}

export const PACE: Pace = { noticeEveryMs: 5_000, longestMs: 45_000, lookAgainMs: 8_000 }

/** Sends a progress notification: its number, and the step of the operation. */
export type Notify = (notice: { progress: number; message?: string }) => Promise<void>

/**
 * Waits while an operation runs, until `longestMs` after `since` at most, or until the client is gone. Sends a progress
 * notification at once and then at intervals. It does not affect the run.
 */
export async function waitWithProgress(
  started: Operation,
  { notify, since, pace }: { notify: Notify; since: number; pace: Pace },
  { db, caller, operations, signal }: Pick<Context, 'db' | 'caller' | 'operations' | 'signal'>,
): Promise<Operation> {
  const end = since + pace.longestMs
  const until = (operation: Operation) => !isRunning(operation)
  let operation = started
  for (let progress = 1; isRunning(operation) && performance.now() < end && !signal.aborted; progress += 1) {
    const { progress: message } = await withObstacle(operation, operations.obstacle)
    // a client that is gone gets no notification, and `signal` ends the wait
    await notify({ progress, ...(message && { message }) }).catch(() => {})
    const withinMs = Math.max(0, Math.min(pace.noticeEveryMs, end - performance.now()))
    operation = await watchOperation(db, {
      id: operation.id,
      customer: caller.customer,
      until,
      withinMs,
      signal,
    })
  }
  return operation
}
