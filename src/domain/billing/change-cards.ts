import type { OrgId } from '#kernel/ids'
import { type Actor, audit, by as actor } from '#domain/audit'
import { nudgeWaiting } from '#domain/operations'
import { lockForMember } from '#domain/orgs'
import { assertNotStopped } from '#domain/spending'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { detachOrRetryLater } from './detach-cards.ts'
import { makeDefault, removePaymentMethod } from './payment-method-store.ts'
import type { BillingOptions } from './payment-provider.ts'

/** A change of a saved card. `id` is unchecked text from the caller. */
export interface CardChange {
  org: OrgId
  id: string
  by: Actor
  at: Date
}

/**
 * As `Billing.makeCardDefault`. Does nothing to a card that is the default. Nudges every operation of the org that waits for a card: an assistant would make it charge
 * the card, so its call is refused as a purchase would be.
 */
export async function makeCardDefault(db: Db, change: CardChange): Promise<void> {
  const { org } = change
  await inTransaction(db, async (tx) => {
    await lockForMember(tx, memberOf(change), 'buy')
    if (change.by.connection) await assertNotStopped(tx, org)
    if (!(await makeDefault(tx, change))) return
    await nudgeWaiting(tx, { org, waitingFor: 'payment_method' })
    await audit(tx, eventOf('make_payment_method_default', change))
  })
}

/** As `Billing.removeCard`. */
export async function removeCard(options: BillingOptions, change: CardChange): Promise<void> {
  const { org } = change
  const removed = await inTransaction(options.db, async (tx) => {
    await lockForMember(tx, memberOf(change), 'buy')
    const card = await removePaymentMethod(tx, change)
    // a purchase that asks its cardholder to confirm this card has to end
    await nudgeWaiting(tx, { org, waitingFor: 'authentication' })
    await audit(tx, eventOf('remove_payment_method', change))
    return card
  })
  // already committed: the card is removed even if the provider cannot detach it yet
  await detachOrRetryLater(options, removed)
}

const memberOf = ({ org, by }: CardChange) => ({ caller: by, org: { id: org } })

const eventOf = (action: string, { org, id, by }: CardChange) =>
  ({ chain: `org:${org}`, action, outcome: 'done', ...actor(by), org, object: id }) as const
