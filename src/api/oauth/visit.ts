import { AsyncLocalStorage } from 'node:async_hooks'
import type { CustomerId } from '#kernel/ids'

/** What the engine has to know about the request that it answers. */
export interface Visit {
  /** The person who is signed in on our pages. */
  customer?: CustomerId | undefined
  /** IPv4 address or IPv6 /64 of the caller. */
  network: string
  /** Set for a person in a browser: the error is then shown on a page of ours. */
  onProblem?: (problem: Problem) => void
}

export interface Problem {
  status: number
  /** As OAuth names it, such as `invalid_client`. */
  code: string
}

export const visits = new AsyncLocalStorage<Visit>()
