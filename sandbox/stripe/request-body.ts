import type { IncomingMessage } from 'node:http'

const MAX_BYTES = 4 * 1024 * 1024

/** A program sends more than any of our requests has. */
export class BodyTooLarge extends Error {}

/** Throws `BodyTooLarge`. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new BodyTooLarge()
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
