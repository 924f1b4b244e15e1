import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const MOST_BYTES = 64 * 1024 * 1024
const WORTH_COMPRESSING = 512
const compress = promisify(gzip)

export interface Body {
  plain: Buffer
  /** Absent when it would not be smaller by much. */
  gzipped: Buffer | undefined
}

export interface Bodies {
  /** As JSON; `digest` says what it is made of, so that one body serves every project it is right for. */
  of: (digest: string, make: () => object | Promise<object>) => Promise<Body>
}

/** Those used last, up to 64 MiB; who asks for one that is being made waits for it. */
export function openBodies(mostBytes = MOST_BYTES): Bodies {
  const made = new Map<string, Body>()
  const making = new Map<string, Promise<Body>>()
  let bytes = 0

  function keep(digest: string, body: Body): Body {
    made.set(digest, body)
    bytes += sizeOf(body)
    for (const [oldest, old] of made) {
      if (bytes <= mostBytes) break
      made.delete(oldest)
      bytes -= sizeOf(old)
    }
    return body
  }

  return {
    async of(digest, make) {
      const found = made.get(digest)
      if (found) {
        made.delete(digest)
        made.set(digest, found)
        return found
      }
      const underWay = making.get(digest)
      if (underWay) return underWay
      // kept before it is no longer being made, so that nobody in between makes it again
      const fresh = bodyOf(make)
        .then((body) => keep(digest, body))
        .finally(() => making.delete(digest))
      making.set(digest, fresh)
      return fresh
    },
  }
}

const sizeOf = ({ plain, gzipped }: Body) => plain.length + (gzipped?.length ?? 0)

/** Rendered and compressed once. */
export async function bodyOf(make: () => object | Promise<object>): Promise<Body> {
  const plain = Buffer.from(JSON.stringify(await make()))
  return { plain, gzipped: plain.length < WORTH_COMPRESSING ? undefined : await compress(plain) }
}
