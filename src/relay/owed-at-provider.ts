import type { Logger } from '#platform/logger'

const EVERY_MS = 60_000

/** Does what is due at the payment provider. Returns how many rows were due. */
type Settle = (at: Date) => Promise<number>

/**
 * Every minute, does what we still owe at the payment provider: undoes payments, detaches removed cards. Several
 * processes may do so.
 */
export function startOwedAtProvider({ settle, log }: { settle: readonly Settle[]; log: Logger }): {
  stop: () => Promise<void>
} {
  let settling: Promise<unknown> | undefined
  const settleAll = () =>
    (settling ??= Promise.all(
      settle.map((each) =>
        each(new Date()).catch((error: unknown) =>
          log.warn({ error }, 'what is owed at the payment provider could not be read'),
        ),
      ),
    ).finally(() => (settling = undefined)))
  const timer = setInterval(() => void settleAll(), EVERY_MS)
  void settleAll()
  return {
    async stop() {
      clearInterval(timer)
      await settling
    },
  }
}
