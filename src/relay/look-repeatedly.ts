import { listen } from '#platform/listen'
import type { Logger } from '#platform/logger'

const LOOK_EVERY_MS = 2_000

export interface Relay {
  /** Reads the rows now. */
  look: () => Promise<void>
  stop: () => Promise<void>
}

/** Reads rows every 2 s and at each notification of the channel. Never reads twice at the same time. */
export function lookRepeatedly(
  read: () => Promise<void>,
  {
    channel,
    databaseUrl,
    log,
  }: {
    channel: string
    /** For `LISTEN`. Without it the relay only polls. */
    databaseUrl: string | undefined
    log: Logger
  },
): Relay {
  let looking: Promise<void> | undefined
  const look = () => (looking ??= read().finally(() => (looking = undefined)))
  const inBackground = () =>
    void look().catch((error: unknown) => log.warn({ error, channel }, 'waiting rows could not be read'))
  const timer = setInterval(inBackground, LOOK_EVERY_MS)
  const listener = databaseUrl ? listen(databaseUrl, channel, { onNotified: inBackground }) : undefined
  return {
    look,
    async stop() {
      clearInterval(timer)
      await listener?.stop()
      await looking?.catch(() => undefined)
    },
  }
}
