import { isRunning, type Operation, watchOperation } from '#domain/operations'
import type { Context } from '../call/tool.ts'

/** How long a call keeps a client waiting, in ms. */
export interface Pace {
  /** Between two notices of progress. */
  noticeEveryMs: number
  /** From the call to its result, for clients that get notices: some give up after a minute. */
  longestMs: number
  /** How long a retry waits for what comes of a person's visit to our page. */
  lookAgainMs: number
}

export const PACE: Pace = { noticeEveryMs: 5_000, longestMs: 45_000, lookAgainMs: 8_000 }

/** A notice: which one it is, and what the operation is at. */
export type Notify = (notice: { progress: number; message?: string }) => Promise<void>

/**
 * Waits while an operation runs, with a notice at once and then now and again, until `longestMs` after `since` or until
 * the client has gone. Nothing of it touches the run.
 */
export async function waitWithNotices(
  started: Operation,
  { notify, since, pace }: { notify: Notify; since: number; pace: Pace },
  { db, caller, signal }: Pick<Context, 'db' | 'caller' | 'signal'>,
): Promise<Operation> {
  const end = since + pace.longestMs
  const until = (operation: Operation) => !isRunning(operation)
  let operation = started
  for (let progress = 1; isRunning(operation) && performance.now() < end && !signal.aborted; progress += 1) {
    // a client that has gone gets no notice, and `signal` ends the wait
    await notify({ progress, ...(operation.progress && { message: operation.progress }) }).catch(() => {})
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
