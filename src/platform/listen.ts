import pg from 'pg'

const AGAIN_AFTER_MS = 5_000
const PATIENCE_MS = 5_000

export interface Listener {
  /** Called at each notification, and after each (re)connect, because earlier notifications may be lost. */
  onNotified: () => void
  /** Called when the connection is lost, or cannot be made. */
  onLost?: () => void
  againAfterMs?: number
  /** How long the server may take to connect, and to answer. */
  patienceMs?: number
}

/**
 * Listens to `NOTIFY channel` on a connection of its own, and reconnects when the connection is lost. Notifications
 * that are sent meanwhile are lost, so the listener also has to poll.
 */
export function listen(
  url: string,
  channel: string,
  { onNotified, onLost = () => {}, againAfterMs = AGAIN_AFTER_MS, patienceMs = PATIENCE_MS }: Listener,
): { stop: () => Promise<void> } {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: url,
      application_name: `listen ${channel}`,
      keepAlive: true,
      // notices within about a minute that the server is gone; the default takes hours
      keepAliveInitialDelayMillis: PATIENCE_MS,
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
    })
    client = fresh
    fresh.on('notification', onNotified)
    const isOver = () => fresh === client && again()
    fresh.once('error', isOver)
    try {
      await fresh.connect()
      await fresh.query(`listen ${pg.escapeIdentifier(channel)}`)
      if (fresh === client) onNotified()
    } catch {
      isOver()
    }
  }
  function again(): void {
    void letGo()
    onLost()
    if (!stopped) timer = setTimeout(() => void connect(), againAfterMs)
  }
  function letGo(): Promise<void> | undefined {
    const old = client
    client = undefined
    old?.removeAllListeners().on('error', () => {})
    return old?.end().catch(() => undefined)
  }

  void connect()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      onLost()
      await letGo()
    },
  }
}
