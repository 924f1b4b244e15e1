import type { AddedCard } from '#contracts/start-add-payment-method'
import type { OperationId } from '#kernel/ids'
import { cardAddedBy, closeCardSession, openCardSessions } from '#domain/billing'
import { beginOperation, operationContext } from '#domain/operations'
import { assertMay, orgForCustomer } from '#domain/orgs'
import { chooseCard, recheckWaitingPurchase } from '#domain/orders'
import type { Dependencies } from './dependencies.ts'
import type { StepInput } from './orders.ts'

/** Steps that look for a card which a person saved on a page of the payment provider. */
export function cardActivities(deps: Dependencies) {
  const { db } = deps
  return {
    async beginCardWait({ operationId, at }: StepInput): Promise<void> {
      const { orgId, askedBy } = await beginOperation(db, operationId, new Date(at))
      assertMay(await orgForCustomer(db, askedBy, orgId), 'buy')
    },

    /** For a purchase. Returns true once there is a card to charge. Refuses when the caller may no longer buy. */
    async lookForCard({ operationId, at }: StepInput): Promise<true | undefined> {
      await collectCards(deps, operationId, new Date(at))
      await recheckWaitingPurchase(db, { operationId, spending: deps.spending, at: new Date(at) })
      return (await chooseCard(db, { operationId, at: new Date(at) })) || undefined
    },

    async lookForAddedCard({ operationId, at }: StepInput): Promise<AddedCard | undefined> {
      const org = await collectCards(deps, operationId, new Date(at))
      const card = await cardAddedBy(db, { org, operation: operationId })
      return card && { id: card.id, brand: card.brand, last4: card.last4, is_default: card.isDefault }
    },
  }
}

/** Closes each finished card page of the org, and stores the card that was saved on it. Returns the org. */
async function collectCards({ db, payments }: Dependencies, operation: OperationId, at: Date) {
  const { orgId } = await operationContext(db, operation)
  for (const session of await openCardSessions(db, orgId)) {
    const { status, card } = await payments.getCardSession(session.id)
    if (status !== 'open') await closeCardSession(db, session, { card, at })
  }
  return orgId
}
