import { runsWaitingFor, type StripeObject } from '#domain/billing'
import { dropOutgoing, giveUpStart, leaseOutbox, type Outgoing, postponeOutgoing } from '#domain/operations'
import type { Run, SyncRun } from '#contracts/ids'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import type { Temporal } from '#platform/temporal'
import { lookRepeatedly, type Relay } from './look-repeatedly.ts'

const BATCH = 50

export interface RelayDependencies {
  db: Db
  /** For `LISTEN`. Without it the relay only polls every 2 s. */
  databaseUrl?: string
  temporal: Temporal
  log: Logger
}

/**
 * Sends the committed rows of the outbox to Temporal: starts whose caller died, and nudges from webhooks and pages.
 * Reads them every 2 s and at each notification. Several relays may run at once: each row is leased to one of them.
 */
export function startRelay(deps: RelayDependencies): Relay {
  const { databaseUrl, log } = deps
  return lookRepeatedly(() => drain(deps), { channel: 'outbox', databaseUrl, log })
}

async function drain(deps: RelayDependencies): Promise<void> {
  for (;;) {
    const leased = await leaseOutbox(deps.db, BATCH)
    await Promise.all(leased.map((outgoing) => send(deps, outgoing)))
    if (leased.length < BATCH) return
  }
}

async function send(deps: RelayDependencies, outgoing: Outgoing): Promise<void> {
  const { db, log } = deps
  const { workflowId } = outgoing
  if (outgoing.kind === 'start' && outgoing.isTooLate) {
    await giveUpStart(db, outgoing, new Date())
    log.error({ workflowId }, 'a run could not be started in time and was given up')
    return
  }
  try {
    await act(deps, outgoing)
    await dropOutgoing(db, outgoing.id)
  } catch (error) {
    await postponeOutgoing(db, outgoing, error instanceof Error ? error.name : 'error')
    log.warn({ error, workflowId, attempts: outgoing.attempts }, 'an outbox row is tried again later')
  }
}

async function act({ db, temporal, log }: RelayDependencies, outgoing: Outgoing): Promise<void> {
  const { kind, workflowId, payload, isTooLate } = outgoing
  if (kind === 'start') await temporal.start(payload as Run)
  if (kind === 'start_and_nudge') await temporal.startOrNudgeSync(payload as SyncRun)
  if (kind === 'nudge') {
    if (!(await temporal.nudge(workflowId)))
      log.warn({ workflowId }, 'a nudge was dropped, because its run was not found')
  }
  if (kind !== 'stripe_event') return
  const runs = await runsWaitingFor(db, payload as StripeObject)
  if (!runs && !isTooLate) throw new NotKnownYet()
  if (!runs) log.error({ workflowId }, 'an event of the payment provider is about an unknown object')
  for (const run of runs ?? []) await temporal.nudge(run)
}

/** The event may have arrived before its object was committed. */
class NotKnownYet extends Error {
  override name = 'NotKnownYet'
}
