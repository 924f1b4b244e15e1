import { runsWaitingFor, type StripeObject } from '#domain/billing'
import { dropOutgoing, giveUpStart, leaseOutbox, type Outgoing, postponeOutgoing } from '#domain/operations'
import type { Run } from '#contracts/ids'
import type { Db } from '#platform/database'
import { listen } from '#platform/listen'
import type { Logger } from '#platform/logger'
import type { Temporal } from '#platform/temporal'

const BATCH = 50
const LOOK_EVERY_MS = 2_000

export interface Relay {
  /** Looks now. */
  look: () => Promise<void>
  stop: () => Promise<void>
}

export interface RelayDependencies {
  db: Db
  /** For `LISTEN`; without it the relay looks every 2 s only. */
  databaseUrl?: string
  temporal: Temporal
  log: Logger
}

/**
 * Carries what was committed to Temporal: starts whose caller died, nudges of webhooks and pages. Several may run at
 * once, a row is leased to one. Looks every 2 s and when it hears of a new row.
 */
export function startRelay(deps: RelayDependencies): Relay {
  let looking: Promise<void> | undefined
  const look = () => (looking ??= drain(deps).finally(() => (looking = undefined)))
  const inBackground = () =>
    void look().catch((error: unknown) => deps.log.warn({ error }, 'the outbox could not be read'))
  const timer = setInterval(inBackground, LOOK_EVERY_MS)
  const ear = deps.databaseUrl ? listen(deps.databaseUrl, 'outbox', { heard: inBackground }) : undefined
  return {
    look,
    async stop() {
      clearInterval(timer)
      await ear?.stop()
      await looking?.catch(() => undefined)
    },
  }
}

async function drain(deps: RelayDependencies): Promise<void> {
  for (;;) {
    const leased = await leaseOutbox(deps.db, BATCH)
    await Promise.all(leased.map((outgoing) => carry(deps, outgoing)))
    if (leased.length < BATCH) return
  }
}

async function carry(deps: RelayDependencies, outgoing: Outgoing): Promise<void> {
  const { db, log } = deps
  const { workflowId } = outgoing
  if (outgoing.kind === 'start' && new Date() > outgoing.giveUpAt) {
    await giveUpStart(db, outgoing, new Date())
    log.error({ workflowId }, 'a run could not be started in time and was given up')
    return
  }
  try {
    await act(deps, outgoing)
    await dropOutgoing(db, outgoing.id)
  } catch (error) {
    await postponeOutgoing(db, outgoing, error instanceof Error ? error.name : 'error')
    log.warn({ error, workflowId, attempts: outgoing.attempts }, 'the outbox tries again later')
  }
}

async function act({ db, temporal, log }: RelayDependencies, outgoing: Outgoing): Promise<void> {
  const { kind, workflowId, payload, giveUpAt } = outgoing
  if (kind === 'start' || kind === 'start_and_nudge') await temporal.start(payload as Run)
  if (kind === 'nudge' || kind === 'start_and_nudge') {
    if (!(await temporal.nudge(workflowId))) log.warn({ workflowId }, 'a nudge found no run and was dropped')
  }
  if (kind !== 'stripe_event') return
  const runs = await runsWaitingFor(db, payload as StripeObject)
  if (!runs && new Date() < giveUpAt) throw new NotKnownYet()
  if (!runs) log.error({ workflowId }, 'an event of the payment provider is about nothing we know')
  for (const run of runs ?? []) await temporal.nudge(run)
}

/** The event has overtaken the commit of what it is about. */
class NotKnownYet extends Error {
  override name = 'NotKnownYet'
}
