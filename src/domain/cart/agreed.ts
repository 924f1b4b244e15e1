import type { OrgId } from '#kernel/ids'
import { defaultCardOf } from '#domain/billing'
import type { Db } from '../../platform/database.ts'
import type { Plan } from './planned-item.ts'
import type { Destination, Purchase } from './purchase.ts'
import type { Agreed } from './quote.ts'

export interface Agreeing {
  org: OrgId
  plan: Plan
  purchase: Purchase
  destination: Destination
}

/** What a quote is for. `card`: the card that the quote shows. */
export const agreedOn = (
  { org, plan, purchase, destination }: Agreeing,
  card: string | undefined,
): Agreed => ({
  org,
  plan,
  project: destination.project?.id,
  newProject: purchase.new_project?.name,
  hasProject: destination.hasProject,
  card,
})

/** What a purchase is for. Call it with the org locked before something is bought: cards change under that lock. */
export async function agreedIn(db: Db, agreeing: Agreeing): Promise<Agreed> {
  const { org, purchase } = agreeing
  return agreedOn(agreeing, purchase.payment_method ?? (await defaultCardOf(db, org)))
}
