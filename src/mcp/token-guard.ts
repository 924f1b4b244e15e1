import { createHash } from 'node:crypto'
import { counterOf } from './rate-limit.ts'

/** Nobody guesses 256 random bits; this only bounds what a client that has gone wrong costs the database. */
const FAILURES = 600
/** Tokens that are remembered as good, by hash. */
const MOST_GOOD = 10_000

export interface Attempt {
  /** An IPv4 address or an IPv6 /64. */
  network: string
  authorization: string
  at: Date
}

/**
 * So many requests with a token that is not valid a minute and network, then none of them costs a query more. Who
 * shares the network and was let in before stays in.
 */
export function tokenGuard() {
  const failures = counterOf(FAILURES)
  const good = new Set<string>()

  return {
    /** How long to keep it away, in ms; 0: look at its token. */
    wait({ network, authorization, at }: Attempt): number {
      const wait = failures.wait(network, at)
      return wait && good.has(hashOf(authorization)) ? 0 : wait
    },
    failed({ network, authorization, at }: Attempt): void {
      failures.count(network, at)
      good.delete(hashOf(authorization))
    },
    passed({ authorization }: Attempt): void {
      const hash = hashOf(authorization)
      // deleted first, so that the set stays in order of their last use
      good.delete(hash)
      good.add(hash)
      const [oldest] = good
      if (good.size > MOST_GOOD && oldest) good.delete(oldest)
    },
  }
}

const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64')
