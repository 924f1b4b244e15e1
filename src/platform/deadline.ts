import { AsyncLocalStorage } from 'node:async_hooks'

const deadlines = new AsyncLocalStorage<number>()

/** Everything that `run` waits for outside has this long in all, not each by itself; in ms. */
export const withDeadline = <T>(ms: number, run: () => Promise<T>): Promise<T> =>
  deadlines.run(performance.now() + ms, run)

/** What is left for one more wait of at most `ms`. */
export function timeLeft(ms: number): number {
  const deadline = deadlines.getStore()
  return deadline === undefined ? ms : Math.max(0, Math.min(ms, deadline - performance.now()))
}
