import { createHash } from 'node:crypto'
import { counterOf } from '#platform/minute-counter'

const FAILURES = 60
/** Tokens that are remembered as good, by hash. */
const MOST_GOOD = 10_000

export interface Attempt {
  /** An IPv4 address or an IPv6 /64. */
  network: string
  authorization: string | undefined
  at: Date
}

/**
 * So many requests without a valid token a minute and network, then none of them costs a query more. Who shares the
 * network and was let in before stays in.
 */
export function tokenGuard() {
  const failures = counterOf(FAILURES)
  const good = new Set<string>()

  return {
    /** How long to keep it away, in ms; 0: look at its token. */
    wait({ network, authorization, at }: Attempt): number {
      const wait = failures.wait(network, at)
      return wait && authorization && good.has(hashOf(authorization)) ? 0 : wait
    },
    failed({ network, authorization, at }: Attempt): void {
      failures.count(network, at)
      if (authorization) good.delete(hashOf(authorization))
    },
    passed({ authorization = '' }: Attempt): void {
      const hash = hashOf(authorization)
      const [oldest] = good
      if (!good.has(hash) && good.size >= MOST_GOOD && oldest) good.delete(oldest)
      good.add(hash)
    },
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64')
