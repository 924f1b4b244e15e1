import { buffer } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { boundedMap } from '#platform/bounded-map'
import type { Storage } from '#platform/storage'

/** Larger zips are streamed each time. */
const SMALL_BYTES = 256 * 1024
const MAX_BYTES = 32 * 1024 * 1024

export interface StoredZip {
  content: Buffer | Readable
  /** Size. */
  bytes: number
}

/**
 * Reads zips by the SHA-256 of their bytes. Small ones stay in memory, up to 32 MiB, because the bytes of a hash never
 * change. The caller checks the licence on each request.
 */
export function openZips(storage: Pick<Storage, 'open'>): (sha256: string) => Promise<StoredZip | undefined> {
  const recent = boundedMap<string, Buffer>(MAX_BYTES, ({ length }) => length)
  return async (sha256) => {
    const known = recent.get(sha256)
    if (known) return { content: known, bytes: known.length }
    const stored = await storage.open(sha256)
    if (!stored) return undefined
    if (stored.bytes > SMALL_BYTES) return { content: stored.stream, bytes: stored.bytes }
    const content = await buffer(stored.stream)
    recent.set(sha256, content)
    return { content, bytes: content.length }
  }
}
