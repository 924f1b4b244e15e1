/** `act` takes at most this part of the time. */
const SHARE = 1 / 20

/**
 * Calls `act` at once, then at most once per `ms`, never twice at the same time, and more rarely the longer it takes.
 * Calls in between are dropped. `act` does not throw.
 */
export function atMostEvery(ms: number, act: () => Promise<void>): () => void {
  let next = -Infinity
  return () => {
    const begun = performance.now()
    if (begun < next) return
    next = Infinity
    void act().then(() => {
      const ended = performance.now()
      next = begun + Math.max(ms, (ended - begun) / SHARE)
    })
  }
}
