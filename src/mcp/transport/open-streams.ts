import type { ConnectionId } from '#kernel/ids'
import type { Log } from '../call/audit-refusal.ts'

/** As often as the SDK sends a comment on an open stream. */
const CHECK_EVERY_MS = 15_000

export interface OpenStreamsOptions {
  /** Returns those of the connections that were revoked. */
  endedConnections: (ids: readonly ConnectionId[]) => Promise<ConnectionId[]>
  log: Log
  checkEveryMs?: number | undefined
}

export interface OpenStreams {
  /** Remembers a stream until the returned function is called. `close` ends it. */
  add: (connection: ConnectionId, close: () => void) => () => void
  /** Closes the streams of revoked connections. It never throws: if it fails, a later check does the same again. */
  closeRevoked: () => Promise<void>
  stop: () => void
}

/**
 * The streams that stay open after their request: a token is checked only once for each. They are also checked at
 * intervals, because a notification may be lost.
 */
export function openStreams({
  endedConnections,
  log,
  checkEveryMs = CHECK_EVERY_MS,
}: OpenStreamsOptions): OpenStreams {
  const open = new Map<ConnectionId, Set<() => void>>()
  const timer = setInterval(() => void closeRevoked(), checkEveryMs).unref()

  async function closeRevoked(): Promise<void> {
    if (!open.size) return
    try {
      for (const id of await endedConnections([...open.keys()]))
        for (const close of open.get(id) ?? []) close()
    } catch (err) {
      log.warn({ err }, 'the open streams could not be checked')
    }
  }

  return {
    add(connection, close) {
      const streams = open.get(connection) ?? new Set()
      open.set(connection, streams.add(close))
      return () => {
        streams.delete(close)
        if (!streams.size && open.get(connection) === streams) open.delete(connection)
      }
    },
    closeRevoked,
    stop: () => clearInterval(timer),
  }
}
