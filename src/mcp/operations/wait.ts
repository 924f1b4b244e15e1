import { setTimeout as sleep } from 'node:timers/promises'
import { findOperation, type Operation } from '#domain/operations'
import type { Context } from '../call/tool.ts'

/** How long a call keeps a client waiting, in ms. */
export interface Pace {
  /** Between two notices of progress. */
  noticeEveryMs: number
  /** From the call to the answer, for clients that get notices: some give up after a minute. */
  longestMs: number
  /** How long a retry waits for what comes of a person's visit to our page. */
  lookAgainMs: number
  /** Between two looks at the row. */
  lookEveryMs: number
}

export const PACE: Pace = { noticeEveryMs: 5_000, longestMs: 45_000, lookAgainMs: 8_000, lookEveryMs: 250 }

/** A notice: which one it is, and what the operation is at. */
export type Notify = (notice: { progress: number; message?: string }) => Promise<void>

type Looking = Pick<Context, 'db' | 'caller' | 'signal'> & { pace: Pace }

/** Waits for `until`, `ms` at most, or until the client has gone; answers what the row says then. */
export async function waitFor(
  id: string,
  { until, ms }: { until: (operation: Operation) => boolean; ms: number },
  { db, caller, signal, pace }: Looking,
): Promise<Operation> {
  for (const end = performance.now() + ms; ;) {
    const operation = await findOperation(db, { id, customer: caller.customer })
    const left = end - performance.now()
    if (until(operation) || left <= 0 || signal.aborted) return operation
    await sleep(Math.min(left, pace.lookEveryMs), undefined, { signal }).catch(() => undefined)
  }
}

const isNews = ({ status }: Operation): boolean => status !== 'running'

/** Waits for a run with a notice now and then, until `longestMs` after `since`; nothing of it touches the run. */
export async function waitWithNotices(
  id: string,
  { notify, since }: { notify: Notify; since: number },
  looking: Looking,
): Promise<Operation> {
  const { noticeEveryMs, longestMs } = looking.pace
  const end = since + longestMs
  for (let progress = 1; ; progress += 1) {
    const ms = Math.max(0, Math.min(noticeEveryMs, end - performance.now()))
    const operation = await waitFor(id, { until: isNews, ms: progress === 1 ? 0 : ms }, looking)
    if (isNews(operation) || performance.now() >= end || looking.signal.aborted) return operation
    // a client that has gone hears nothing, and `signal` ends the wait
    await notify({ progress, ...(operation.progress && { message: operation.progress }) }).catch(() => {})
  }
}
