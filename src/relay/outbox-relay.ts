import { eventIn, ignoreStripeEvent, runsWaitingFor, type StripeObject } from '#domain/billing'
import { raiseForOperator } from '#domain/incidents'
import {
  countNudge,
  dropOutgoing,
  enqueueNudge,
  giveUpStart,
  isCancelRequested,
  leaseOutbox,
  lookSoon,
  type Outgoing,
  postponeOutgoing,
} from '#domain/operations'
import type { Run, SyncRun } from '#contracts/ids'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import type { Temporal } from '#platform/temporal'
import { lookRepeatedly, type Relay } from './look-repeatedly.ts'

/** So many rows are sent at the same time. */
const AT_ONCE = 50

export interface RelayDependencies {
  db: Db
  /** For `LISTEN`. Without it the relay only polls every 2 s. */
  databaseUrl?: string
  temporal: Temporal
  log: Logger
}

/**
 * Sends the committed rows of the outbox to Temporal: starts whose caller died, and nudges from webhooks and pages.
 * Reads them every 2 s and at each notification. A row that takes long does not hold up the others. Several relays may
 * run at once: each row is leased to one of them. A look ends when all that was due has been sent.
 */
export function startRelay(deps: RelayDependencies): Relay {
  const { databaseUrl, log } = deps
  const sending: Sending = new Map()
  let isStopped = false
  const reading = lookRepeatedly(() => sendDue(deps, { sending, lookAgain }), {
    channel: 'outbox',
    databaseUrl,
    log,
  })
  function lookAgain() {
    // when it fails, the timer looks again
    if (!isStopped) reading.look().catch((error: unknown) => log.warn({ error }, 'a row is read again later'))
  }
  return {
    async look() {
      do {
        await Promise.all(sending.values())
        // once more: sending a row may have made another
        await reading.look()
      } while (sending.size)
    },
    async stop() {
      isStopped = true
      await reading.stop()
      await Promise.all(sending.values())
    },
  }
}

/** The rows that this relay sends right now, by id. */
type Sending = Map<number, Promise<void>>

/**
 * Leases all rows that are due, and begins to send them. Waits only while too many are being sent. A row that is being
 * sent is not sent a second time at once, however often it is asked for or how long it takes.
 */
async function sendDue(
  deps: RelayDependencies,
  { sending, lookAgain }: { sending: Sending; lookAgain: () => void },
): Promise<void> {
  for (;;) {
    // half of them, so that one query leases many rows
    while (sending.size > AT_ONCE / 2) await Promise.race(sending.values())
    const leased = await leaseOutbox(deps.db, AT_ONCE - sending.size, [...sending.keys()])
    if (!leased.length) return
    for (const outgoing of leased) {
      const sent = send(deps, outgoing)
        .catch((error: unknown) => {
          deps.log.warn({ error }, 'an outbox row stays leased for a while')
          return 'over' as const
        })
        .then((end) => {
          sending.delete(outgoing.id)
          if (end === 'asked_again') lookAgain()
        })
      sending.set(outgoing.id, sent)
    }
  }
}

/**
 * Sends one row. Throws only when its end cannot be stored. Every row ends: when it was sent, when nobody needs it any
 * more, or when it has failed for too long. `asked_again`: it was sent, and asked for meanwhile.
 */
async function send(deps: RelayDependencies, outgoing: Outgoing): Promise<'over' | 'asked_again'> {
  const { db, log } = deps
  const { kind, workflowId, attempts, isTooLate } = outgoing
  if (kind === 'start' && isTooLate) {
    await giveUpStart(db, outgoing, new Date())
    log.error({ workflowId, attempts }, 'a run could not be started in time and was given up')
    return 'over'
  }
  try {
    const unneeded = await act(deps, outgoing)
    const isGone = await dropOutgoing(db, outgoing)
    if (unneeded) log.info({ workflowId, kind, attempts, reason: unneeded }, 'an outbox row ended unsent')
    return isGone ? 'over' : 'asked_again'
  } catch (error) {
    if (isTooLate && !(await isCancelRequested(db, workflowId))) {
      await giveUp(deps, outgoing, error)
      return 'over'
    }
    await postponeOutgoing(db, outgoing, nameOf(error))
    const about = { error, workflowId, kind, attempts }
    if (error instanceof NotKnownYet) log.info(about, 'an event waits for its object')
    else log.warn(about, 'an outbox row is tried again later')
    return 'over'
  }
}

/**
 * Ends a row that has failed for too long. No purchase depends on it: a run looks by itself from time to time. Only a
 * cancellation that its run does not know yet is sent for as long as the operation is open. An object of ours that we do not know may be money that we do not know, so an operator has to look at it.
 */
async function giveUp({ db, log }: RelayDependencies, outgoing: Outgoing, error: unknown): Promise<void> {
  const { kind, workflowId, attempts } = outgoing
  const reason = error instanceof NotKnownYet ? 'unknown_object' : 'failed'
  const at = new Date()
  if (kind === 'stripe_event') {
    const { objectId: object } = outgoing.payload as StripeObject
    if (reason === 'unknown_object') await raiseForOperator(db, { kind: 'payment_without_order', object, at })
    await ignoreStripeEvent(db, { event: eventIn(workflowId), outgoing, reason })
  } else {
    await raiseForOperator(db, { kind: 'outbox_given_up', object: workflowId, at })
    await dropOutgoing(db, outgoing)
  }
  log.error({ error, workflowId, kind, attempts, reason }, 'an outbox row was given up')
}

const nameOf = (error: unknown) => (error instanceof Error ? error.name : 'error')

/** Returns why nobody needed the row. Undefined when it was sent. */
async function act(
  { db, temporal }: RelayDependencies,
  outgoing: Outgoing,
): Promise<'run_is_over' | 'foreign' | undefined> {
  const { kind, workflowId, payload } = outgoing
  switch (kind) {
    case 'start':
      await start(db, temporal, payload as Run)
      return undefined
    case 'start_and_nudge':
      await temporal.startOrNudgeSync(payload as SyncRun)
      return undefined
    case 'nudge':
      if (await wake(db, temporal, workflowId)) {
        await countNudge(db, workflowId)
        return undefined
      }
      await lookSoon(db, workflowId)
      return 'run_is_over'
    case 'stripe_event':
      break
  }
  const found = await runsWaitingFor(db, payload as StripeObject)
  if (found === 'unknown') throw new NotKnownYet()
  if (found === 'foreign') {
    await ignoreStripeEvent(db, { event: eventIn(workflowId), outgoing, reason: 'deployment' })
    return found
  }
  for (const run of found) await enqueueNudge(db, run)
  return undefined
}

/** Starts a run. One that replaces a lost run does not know yet that the operation was cancelled. */
async function start(db: Db, temporal: Temporal, run: Run): Promise<void> {
  await temporal.start(run)
  if (await isCancelRequested(db, run.workflowId)) await temporal.cancelRun(run.workflowId)
}

/** Nudges a run, and tells it when its operation was cancelled. Telling it twice does no harm. */
async function wake(db: Db, temporal: Temporal, workflowId: string): Promise<boolean> {
  if (await isCancelRequested(db, workflowId)) return temporal.cancelRun(workflowId)
  return temporal.nudge(workflowId)
}

/** The object of the event is ours, and may be committed after the event has arrived. */
class NotKnownYet extends Error {
  override name = 'NotKnownYet'
}
