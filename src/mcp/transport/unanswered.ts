import { setTimeout as sleep } from 'node:timers/promises'
import type { ConnectionId } from '#kernel/ids'
import { openStreams, type OpenStreamsOptions } from './open-streams.ts'

/** How long calls in flight may take after the process begins to stop, in ms. */
const DRAIN_MS = 8_500

export interface UnansweredOptions extends OpenStreamsOptions {
  onRevocation: ((callback: () => void) => { stop: () => Promise<void> }) | undefined
}

export interface Stream {
  connection: ConnectionId
  close: () => void
}

/**
 * The requests that are not answered yet. A call may finish when its connection is revoked or the process stops. A
 * stream ends only when the server closes it.
 */
export function unanswered({ onRevocation, ...options }: UnansweredOptions) {
  const inFlight = new Set<Promise<void>>()
  const streams = openStreams(options)
  const revocations = onRevocation?.(() => void streams.closeRevoked())

  return {
    /** Waits for an answer. `stream` is present when the answer stays open. */
    async wait(answered: Promise<void>, stream: Stream | undefined): Promise<void> {
      if (stream) return answered.finally(streams.add(stream.connection, stream.close))
      inFlight.add(answered)
      await answered.finally(() => inFlight.delete(answered))
    },
    /** Waits a limited time for the calls in flight. */
    async drain(): Promise<void> {
      streams.stop()
      const drained = new AbortController()
      await Promise.race([
        Promise.all(inFlight),
        sleep(DRAIN_MS, undefined, { signal: drained.signal }).catch(() => {}),
      ])
      drained.abort()
      await revocations?.stop()
    },
  }
}
