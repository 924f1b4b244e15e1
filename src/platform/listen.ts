import pg from 'pg'

const AGAIN_AFTER_MS = 5_000
const PATIENCE_MS = 5_000

export interface Ear {
  /** At each notice, and when it begins to hear, also again: notices sent before are gone. */
  heard: () => void
  /** When the connection is gone or was not to be had. */
  lost?: () => void
  againAfterMs?: number
  /** How long the server may take to connect, and to answer. */
  patienceMs?: number
}

/**
 * Hears `NOTIFY channel` on a connection of its own, and comes back when that is lost. Notices sent meanwhile are
 * gone, so whoever listens also looks from time to time.
 */
export function listen(
  url: string,
  channel: string,
  { heard, lost = () => {}, againAfterMs = AGAIN_AFTER_MS, patienceMs = PATIENCE_MS }: Ear,
): { stop: () => Promise<void> } {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function connect(): Promise<void> {
    const fresh = new pg.Client({
      connectionString: url,
      application_name: `listen ${channel}`,
      keepAlive: true,
      // a peer that has silently gone is noticed within a minute or so, not within hours
      keepAliveInitialDelayMillis: PATIENCE_MS,
      connectionTimeoutMillis: patienceMs,
      query_timeout: patienceMs,
    })
    client = fresh
    fresh.on('notification', heard)
    const isOver = () => fresh === client && again()
    fresh.once('error', isOver)
    try {
      await fresh.connect()
      await fresh.query(`listen ${pg.escapeIdentifier(channel)}`)
      if (fresh === client) heard()
    } catch {
      isOver()
    }
  }
  function again(): void {
    void letGo()
    lost()
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
      lost()
      await letGo()
    },
  }
}
