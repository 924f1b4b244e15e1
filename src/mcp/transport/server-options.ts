import type { Log } from '../call/audit-refusal.ts'
import type { Limits } from '../call/rate-limit.ts'
import type { Context } from '../call/tool.ts'
import type { Pace } from '../operations/wait.ts'
import type { Look } from '../views/page.ts'

export interface ServerOptions extends Pick<
  Context,
  'db' | 'operations' | 'secrets' | 'spending' | 'git' | 'publicUrl' | 'currencies'
> {
  /** Default: no. */
  approvesVendors?: boolean
  now: () => Date
  log: Log
  version: string
  /** How our pages look. */
  look: Look
  /** For tests: shorter waits. */
  pace?: Pace
  /** The limits of each connection. The endpoint counts the calls. */
  limits: Limits
  /** Fires when the process stops: ends waits. */
  closing: AbortSignal
}
