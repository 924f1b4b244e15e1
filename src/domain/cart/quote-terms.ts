import type { OrgId } from '#kernel/ids'
import { defaultCardOf } from '#domain/billing'
import type { Db } from '../../platform/database.ts'
import type { Plan } from './planned-item.ts'
import type { Destination, Purchase } from './purchase.ts'
import type { QuoteTerms } from './quote.ts'

export interface PlannedPurchase {
  org: OrgId
  plan: Plan
  purchase: Purchase
  destination: Destination
}

/** What a quote is for. `card`: the card that the quote shows. */
export const quoteTerms = (
  { org, plan, purchase, destination }: PlannedPurchase,
  card: string | undefined,
): QuoteTerms => ({
  org,
  plan,
  project: destination.project?.id,
  newProject: purchase.new_project?.name,
  assignsLicences: destination.assignsLicences,
  card,
})

/** What a purchase is for. Call it with the org locked before something is bought: cards change under that lock. */
export async function purchaseTerms(db: Db, planned: PlannedPurchase): Promise<QuoteTerms> {
  const { org, purchase } = planned
  return quoteTerms(planned, purchase.payment_method ?? (await defaultCardOf(db, org)))
}
