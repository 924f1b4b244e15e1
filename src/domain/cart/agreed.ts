import type { OrgId } from '#kernel/ids'
import { defaultCardOf } from '#domain/billing'
import type { Db } from '../../platform/database.ts'
import type { Plan } from './planned-item.ts'
import type { Destination, Purchase } from './purchase.ts'
import type { Agreed } from './quote.ts'

/** Call it with the org locked before something is bought: cards change under that lock. */
export async function agreedIn(
  db: Db,
  {
    org,
    plan,
    purchase,
    destination,
  }: { org: OrgId; plan: Plan; purchase: Purchase; destination: Destination },
): Promise<Agreed> {
  const { payment_method, new_project } = purchase
  return {
    org,
    plan,
    project: destination.project?.id,
    newProject: new_project?.name,
    hasProject: destination.hasProject,
    card: plan.total.amountMinor ? (payment_method ?? (await defaultCardOf(db, org))) : undefined,
  }
}
