import { hash } from 'node:crypto'
import { isAccessToken } from '#domain/connections'
import { boundedMap } from '#platform/bounded-map'
import { counterOf } from '#platform/minute-counter'

/** Invalid tokens per minute and network. Each costs one index look-up, and an office may have many expired tokens. */
const FAILURES = 600
/** How many valid tokens are remembered, by hash. */
const MAX_VALID = 10_000

export interface Attempt {
  /** An IPv4 address or an IPv6 /48. */
  network: string
  authorization: string | undefined
  at: Date
}

/**
 * Limits requests with an invalid token per minute and network. Beyond the limit, such a request costs no query. Requests
 * without a token do not count, because every client begins without one. A token that was valid before still works.
 */
export function tokenGuard() {
  const failures = counterOf(FAILURES)
  const valid = boundedMap<string, true>(MAX_VALID)

  return {
    /** Returns how long the client has to wait, in ms. 0 means: check the token. */
    wait({ network, authorization, at }: Attempt): number {
      const token = tokenIn(authorization)
      const wait = token ? failures.wait(network, at) : 0
      return wait && token && valid.has(hashOf(token)) ? 0 : wait
    },
    failed({ network, authorization, at }: Attempt): void {
      const token = tokenIn(authorization)
      if (!token) return
      failures.count(network, at)
      valid.delete(hashOf(token))
    },
    passed({ authorization }: Attempt): void {
      const token = tokenIn(authorization)
      if (token) valid.set(hashOf(token), true)
    },
  }
}

/** Returns the token that would be looked up. Splits the header as the SDK does. */
function tokenIn(authorization = ''): string | undefined {
  const [, token = ''] = authorization.split(' ')
  return isAccessToken(token) ? token : undefined
}

const hashOf = (text: string): string => hash('sha256', text, 'base64')
