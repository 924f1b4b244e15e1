import { codeOf } from '#kernel/errors'
import { clearForOperator, type IncidentKind, raiseForOperator } from '#domain/incidents'
import type { Db } from '#platform/database'
import { PaymentRefusedByProvider, PaymentsMisconfigured } from '#platform/payments'
import { isDefect } from './failures.ts'

/** At this attempt (after three to nine minutes), and then at every 50th attempt, a failure is logged as an error. */
const ERROR_ATTEMPT = 10
/** A step that has failed for this long needs an operator until it succeeds. */
const OPERATOR_AFTER_MS = 60 * 60_000
/** The object of `key_refused`: one entry, however many purchases fail by it. */
const PROVIDER = 'stripe'
/** The databases for which this process knows that the provider accepts our key. A process that starts does not know. */
const acceptsKey = new WeakSet<Db>()

export interface Attempted {
  /** What the step is about: the id of its operation, else of its package. */
  object: string
  /** The name of the step, such as `chargeLine:line_2`. */
  name: string
  attempt: number
  scheduledAt: Date
  at: Date
}

/** Puts a failed attempt on the operators' list when it has to be there. Returns whether an error has to be logged. */
export async function raiseFailedStep(db: Db, step: Attempted, error: unknown): Promise<boolean> {
  const { object, name, attempt, scheduledAt: since, at } = step
  const about = { object, detail: `${name}: ${reasonOf(error)}`, at }
  let isNew = false
  if (at.getTime() - since.getTime() > OPERATOR_AFTER_MS)
    isNew = await raiseForOperator(db, { kind: 'run_stuck', ...about, since })
  const kind = defectIn(error, attempt)
  if (kind === 'key_refused') acceptsKey.delete(db)
  if (kind === 'key_refused')
    return (await raiseForOperator(db, { kind, ...about, object: PROVIDER })) || isNew
  if (kind) return (await raiseForOperator(db, { kind, ...about })) || isNew
  return isNew || isErrorAttempt(attempt)
}

/**
 * Takes off the list what the success of a step ends. `isKeyAccepted`: the provider has answered the step. Costs almost
 * nothing for a step that succeeds at once.
 */
export async function clearStep(
  db: Db,
  { object, attempt, scheduledAt, at, isKeyAccepted }: Attempted & { isKeyAccepted: boolean },
): Promise<void> {
  if (isKeyAccepted && !acceptsKey.has(db)) {
    await clearForOperator(db, { kinds: ['key_refused'], object: PROVIDER, at })
    acceptsKey.add(db)
  }
  if (attempt === 1) return
  const kinds: IncidentKind[] = []
  if (at.getTime() - scheduledAt.getTime() > OPERATOR_AFTER_MS) kinds.push('run_stuck')
  if (attempt > ERROR_ATTEMPT) kinds.push('our_defect')
  if (kinds.length) await clearForOperator(db, { kinds, object, at })
}

export const isErrorAttempt = (attempt: number) => attempt % 50 === ERROR_ATTEMPT

/** Our request or our key was refused: at once. Any other error that is no outage: when it lasts. */
function defectIn(error: unknown, attempt: number): 'key_refused' | 'our_defect' | undefined {
  if (error instanceof PaymentsMisconfigured) return 'key_refused'
  if (error instanceof PaymentRefusedByProvider) return 'our_defect'
  return isErrorAttempt(attempt) && isDefect(error) ? 'our_defect' : undefined
}

const reasonOf = (error: unknown): string =>
  error instanceof PaymentRefusedByProvider ? error.code : codeOf(error)
