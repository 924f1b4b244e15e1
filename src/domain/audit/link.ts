import { createHash } from 'node:crypto'

/** An event as it is stored and exported. The hash covers this exact text, so the text is never formatted again. */
export interface StoredEvent {
  body: string
  prevHash: Buffer
  hash: Buffer
}

/** The place after an event: its number, beginning with 1, and its hash. */
export interface Link {
  seq: number
  hash: Buffer
}

/** The place before the first event of a chain. */
export const firstLink = (chain: string): Link => ({ seq: 0, hash: sha256(chain) })

/** Returns the place after an event, or undefined when it does not follow `link` or its hash does not match. */
export function linkAfter(
  chain: string,
  link: Link,
  { body, prevHash, hash }: StoredEvent,
): Link | undefined {
  const expected = sha256(link.hash, body)
  const seq = link.seq + 1
  const place = linkPlaceIn(body)
  const follows = prevHash.equals(link.hash) && hash.equals(expected)
  return follows && place?.chain === chain && place.seq === seq ? { seq, hash: expected } : undefined
}

/** The chain and the number that the text of an event contains. Undefined when it is no event. */
export function linkPlaceIn(body: string): { chain: string; seq: number } | undefined {
  try {
    const { chain, seq } = JSON.parse(body) as { chain?: unknown; seq?: unknown }
    return typeof chain === 'string' && typeof seq === 'number' ? { chain, seq } : undefined
  } catch {
    return undefined
  }
}

function sha256(...parts: (string | Buffer)[]): Buffer {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part)
  return hash.digest()
}
