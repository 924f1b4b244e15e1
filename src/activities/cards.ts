import type { AddedCard } from '#contracts/start-add-payment-method'
import { cardAddedBy } from '#domain/billing'
import { beginOperation } from '#domain/operations'
import { assertMay, orgForCustomer } from '#domain/orgs'
import { chooseCard, recheckWaitingPurchase } from '#domain/orders'
import { collectCards } from './collect-cards.ts'
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
      const { trouble } = await collectCards(deps, operationId, new Date(at))
      await recheckWaitingPurchase(db, { operationId, spending: deps.spending, at: new Date(at) })
      if (await chooseCard(db, { operationId, at: new Date(at) })) return true
      if (trouble) throw trouble
      return undefined
    },

    async lookForAddedCard({ operationId, at }: StepInput): Promise<AddedCard | undefined> {
      const { org, trouble } = await collectCards(deps, operationId, new Date(at))
      const card = await cardAddedBy(db, { org, operation: operationId })
      if (!card && trouble) throw trouble
      return card && { id: card.id, brand: card.brand, last4: card.last4, is_default: card.isDefault }
    },
  }
}
