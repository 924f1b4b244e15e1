import { AsyncLocalStorage } from 'node:async_hooks'

const deadlines = new AsyncLocalStorage<number>()

/** All outside calls that `run` waits for share one deadline, `ms` milliseconds from now. */
export const withDeadline = <T>(ms: number, run: () => Promise<T>): Promise<T> =>
  deadlines.run(performance.now() + ms, run)

/** How long the next call may take, in ms: at most `ms`, and not beyond the deadline. */
export function timeLeft(ms: number): number {
  const deadline = deadlines.getStore()
  return deadline === undefined ? ms : Math.max(0, Math.min(ms, deadline - performance.now()))
}
