import pg from 'pg'

const AGAIN_AFTER_MS = 5_000

/**
 * Hears `NOTIFY channel` on a connection of its own, and comes back when that is lost. Notices sent meanwhile are
 * gone, so whoever listens also looks from time to time.
 */
export function listen(url: string, channel: string, heard: () => void): { stop: () => Promise<void> } {
  let client: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  async function connect(): Promise<void> {
    const fresh = new pg.Client({ connectionString: url, application_name: `listen ${channel}` })
    client = fresh
    fresh.on('notification', heard)
    fresh.once('error', again)
    try {
      await fresh.connect()
      await fresh.query(`listen ${pg.escapeIdentifier(channel)}`)
      heard()
    } catch {
      again()
    }
  }
  function again(): void {
    clearTimeout(timer)
    client?.removeAllListeners().on('error', () => {})
    void client?.end().catch(() => undefined)
    if (!stopped) timer = setTimeout(() => void connect(), AGAIN_AFTER_MS)
  }

  void connect()
  return {
    async stop() {
      stopped = true
      clearTimeout(timer)
      client?.removeAllListeners().on('error', () => {})
      await client?.end().catch(() => undefined)
    },
  }
}
