import { listen } from '#platform/listen'
import type { Logger } from '#platform/logger'

const LOOK_EVERY_MS = 2_000

export interface Relay {
  /** Reads the rows now, or once more when they are being read: what was committed before is read. */
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
  let isWanted = false
  async function readWhileWanted(): Promise<void> {
    try {
      while (isWanted) {
        isWanted = false
        await read()
      }
    } finally {
      looking = undefined
    }
  }
  function look(): Promise<void> {
    isWanted = true
    return (looking ??= readWhileWanted())
  }
  const inBackground = () =>
    void look().catch((error: unknown) => log.warn({ error, channel }, 'waiting rows could not be read'))
  const timer = setInterval(inBackground, LOOK_EVERY_MS)
  const listener = databaseUrl ? listen(databaseUrl, channel, { onNotified: inBackground }) : undefined
  return {
    look,
    async stop() {
      clearInterval(timer)
      await listener?.stop()
      isWanted = false
      await looking?.catch(() => undefined)
    },
  }
}
