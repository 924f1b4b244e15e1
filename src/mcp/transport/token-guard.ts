import { createHash } from 'node:crypto'
import { isAccessToken } from '#domain/connections'
import { boundedMap } from '#platform/bounded-map'
import { counterOf } from '#platform/minute-counter'

/** Each costs one look-up by an index, and an office may have many clients whose tokens ran out. */
const FAILURES = 600
/** Tokens that are remembered as good, by hash. */
const MOST_GOOD = 10_000

export interface Attempt {
  /** An IPv4 address or an IPv6 /64. */
  network: string
  authorization: string | undefined
  at: Date
}

/**
 * So many requests with a token that is not valid a minute and network, then none of them costs a query more. What
 * costs none does not count: every client begins without a token. Who shares the network and was let in before stays in.
 */
export function tokenGuard() {
  const failures = counterOf(FAILURES)
  const good = boundedMap<string, true>(MOST_GOOD)

  return {
    /** How long to keep it away, in ms; 0: look at its token. */
    wait({ network, authorization, at }: Attempt): number {
      const token = tokenIn(authorization)
      const wait = token ? failures.wait(network, at) : 0
      return wait && token && good.has(hashOf(token)) ? 0 : wait
    },
    failed({ network, authorization, at }: Attempt): void {
      const token = tokenIn(authorization)
      if (!token) return
      failures.count(network, at)
      good.delete(hashOf(token))
    },
    passed({ authorization }: Attempt): void {
      const token = tokenIn(authorization)
      if (token) good.set(hashOf(token), true)
    },
  }
}

/** What would be looked up; taken apart as the SDK does. */
function tokenIn(authorization = ''): string | undefined {
  const [, token = ''] = authorization.split(' ')
  return isAccessToken(token) ? token : undefined
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64')
