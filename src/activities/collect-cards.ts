import type { OperationId, OrgId } from '#kernel/ids'
import { closeCardSession, type OpenCardSession, openCardSessions } from '#domain/billing'
import { operationContext } from '#domain/operations'
import { type CardSession, PaymentRefusedByProvider } from '#platform/payments'
import type { Dependencies } from './dependencies.ts'

/** How many pages one look asks the provider about, and how many at the same time. */
const MOST_PAGES = 100
const SIDE_BY_SIDE = 8

interface Seen {
  session: OpenCardSession
  page?: CardSession
  error?: unknown
}

/**
 * Closes each finished card page of the org, and stores the card that was saved on it. A page that fails does not hold up
 * the others. `trouble`: why a page of this operation gave no answer; the caller throws it when there is no card, to look
 * again soon. A page that the provider does not know is closed when its time is over.
 */
export async function collectCards(
  deps: Dependencies,
  operation: OperationId,
  at: Date,
): Promise<{ org: OrgId; trouble: Error | undefined }> {
  const { db, log } = deps
  const { orgId } = await operationContext(db, operation)
  let trouble: Error | undefined
  for (const { session, page, error } of await lookAt(deps, await openCardSessions(db, orgId, MOST_PAGES))) {
    const isUnknown = error instanceof PaymentRefusedByProvider
    if (page && page.status !== 'open') await closeCardSession(db, session, { card: page.card, at })
    if (isUnknown && at >= session.expiresAt) await closeCardSession(db, session, { card: undefined, at })
    if (!error) continue
    log.warn({ error, session: session.id, operation: session.operation }, 'a card page gave no answer')
    if (!isUnknown && session.operation === operation) trouble = asError(error)
  }
  return { org: orgId, trouble }
}

/** Asks about several pages at the same time. Never throws. Keeps the order of the pages. */
async function lookAt({ payments }: Dependencies, sessions: readonly OpenCardSession[]): Promise<Seen[]> {
  const seen: Seen[] = []
  const waiting = sessions.entries()
  async function work(): Promise<void> {
    for (const [place, session] of waiting)
      seen[place] = await payments.getCardSession(session.id).then(
        (page) => ({ session, page }),
        (error: unknown) => ({ session, error }),
      )
  }
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, work))
  return seen
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error('a card page failed'))
