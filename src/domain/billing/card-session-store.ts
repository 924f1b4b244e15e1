import { mintId, type OperationId, type OrgId } from '#kernel/ids'
import { type Actor, audit, by } from '#domain/audit'
import { nudgeWaiting } from '#domain/operations'
import { findMember, lockOrg, may } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { addPaymentMethod, type ListedCard, listPaymentMethods } from './payment-method-store.ts'

/** A page of the provider on which a person can save a card for an org. */
export interface CardSession {
  id: string
  org: OrgId
  operation: OperationId
}

/** A page that is not closed yet. From `expiresAt` on nobody can save a card on it. */
export interface OpenCardSession extends CardSession {
  expiresAt: Date
}

/** Records and audits a page. Call it before the person is sent there, so that no saved card is missed. */
export async function openCardSession(
  db: Db,
  session: OpenCardSession & { openedBy: Actor; at: Date },
): Promise<void> {
  const { id, org, operation, openedBy } = session
  await inTransaction(db, async (tx) => {
    await tx
      .insertInto('card_sessions')
      .values({
        id,
        org_id: org,
        operation_id: operation,
        opened_by: openedBy.customer,
        created_at: session.at,
        expires_at: session.expiresAt,
      })
      .execute()
    const event = { action: 'open_card_page', outcome: 'done', ...by(openedBy), org, operation } as const
    await audit(tx, { chain: `org:${org}`, ...event })
  })
}

/** The newest pages of an org that are not closed yet, at most `limit`. Uses the index `card_sessions_open`. */
export async function openCardSessions(db: Db, org: OrgId, limit: number): Promise<OpenCardSession[]> {
  const rows = await db
    .selectFrom('card_sessions')
    .select(['id', 'org_id', 'operation_id', 'expires_at'])
    .where('org_id', '=', org)
    .where('closed_at', 'is', null)
    .orderBy('created_at', 'desc')
    .orderBy('id')
    .limit(limit)
    .execute()
  return rows.map(({ id, org_id, operation_id, expires_at }) => ({
    id,
    org: org_id,
    operation: operation_id,
    expiresAt: expires_at,
  }))
}

export interface SavedCard {
  /** The provider's id. */
  id: string
  brand: string
  last4: string
  expMonth: number
  expYear: number
}

/**
 * Closes a finished page, with a card or without. Adds the card to the org, as its default if the org has no default.
 * Nudges every operation of the org that waits for a card. A card of somebody who may no longer buy for the org is not
 * added: it is stored as removed, and `detachDue` detaches it. A second call changes nothing.
 */
export async function closeCardSession(
  db: Db,
  session: CardSession,
  { card, at }: { card: SavedCard | undefined; at: Date },
): Promise<void> {
  await inTransaction(db, async (tx) => {
    await lockOrg(tx, session.org)
    const closed = await tx
      .updateTable('card_sessions')
      .set({ closed_at: at })
      .where('id', '=', session.id)
      .where('closed_at', 'is', null)
      .returning('opened_by')
      .executeTakeFirst()
    if (!closed || !card) return
    const id = mintId('pmt', at, Math.random)
    const opener = await findMember(tx, { org: session.org, customer: closed.opened_by })
    const isWanted = opener !== undefined && !opener.isDisabled && may(opener.role, 'buy')
    const others = await listPaymentMethods(tx, session.org)
    await addPaymentMethod(tx, {
      id,
      org: session.org,
      stripePaymentMethodId: card.id,
      brand: card.brand,
      last4: card.last4,
      expMonth: card.expMonth,
      expYear: card.expYear,
      isDefault: isWanted && !others.some(({ isDefault }) => isDefault),
      isRemoved: !isWanted,
      addedBy: session.operation,
      at,
    })
    if (isWanted) await nudgeWaiting(tx, { org: session.org, waitingFor: 'payment_method' })
    await audit(tx, {
      chain: `org:${session.org}`,
      action: 'add_payment_method',
      ...(isWanted ? { outcome: 'done' } : { outcome: 'refused', code: 'not_allowed' }),
      customer: closed.opened_by,
      org: session.org,
      object: id,
      operation: session.operation,
    })
  })
}

/** The card that was saved on a page of this operation. */
export async function cardAddedBy(
  db: Db,
  { org, operation }: { org: OrgId; operation: OperationId },
): Promise<ListedCard | undefined> {
  const row = await db
    .selectFrom('payment_methods')
    .select('id')
    .where('org_id', '=', org)
    .where('added_by', '=', operation)
    .orderBy('id', 'desc')
    .executeTakeFirst()
  return row && (await listPaymentMethods(db, org)).find(({ id }) => id === row.id)
}
