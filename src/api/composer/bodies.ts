import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { MaybePromise } from '#kernel/maybe-promise'

const MAX_BYTES = 64 * 1024 * 1024
const WORTH_COMPRESSING = 512
const compress = promisify(gzip)

export interface Body {
  plain: Buffer
  /** Absent for a small body, where compression saves little. */
  gzipped: Buffer | undefined
}

export interface Bodies {
  /** Renders JSON. `digest` identifies the content, so all projects with the same content share one body. */
  of: (digest: string, make: () => MaybePromise<object>) => MaybePromise<Body>
}

/** Keeps the bodies that were used last, up to 64 MiB. Callers that come while a body is made share it. */
export function openBodies(maxBytes = MAX_BYTES): Bodies {
  const made = new Map<string, Body>()
  const making = new Map<string, Promise<Body>>()
  let bytes = 0

  function keep(digest: string, body: Body): Body {
    made.set(digest, body)
    bytes += sizeOf(body)
    for (const [oldest, old] of made) {
      if (bytes <= maxBytes) break
      made.delete(oldest)
      bytes -= sizeOf(old)
    }
    return body
  }

  return {
    of(digest, make) {
      const found = made.get(digest)
      if (found) {
        made.delete(digest)
        made.set(digest, found)
        return found
      }
      const pending = making.get(digest)
      if (pending) return pending
      // stored before it is removed from `making`, so that it is not made twice
      const fresh = bodyOf(make)
        .then((body) => keep(digest, body))
        .finally(() => making.delete(digest))
      making.set(digest, fresh)
      return fresh
    },
  }
}

const sizeOf = ({ plain, gzipped }: Body) => plain.length + (gzipped?.length ?? 0)

/** Renders a body once and compresses it. */
export async function bodyOf(make: () => MaybePromise<object>): Promise<Body> {
  const made = await make()
  const plain = Buffer.isBuffer(made) ? made : Buffer.from(JSON.stringify(made))
  return { plain, gzipped: plain.length < WORTH_COMPRESSING ? undefined : await compress(plain) }
}
