import { randomUUID } from 'node:crypto'
import { aProject } from './a-market.ts'
import type { Assistant, Shop } from './a-shop.ts'

export const SEARCH = 'northwind/module-search'
export const STOCK = 'northwind/module-stock'
export const LABELS = 'fabrikam/module-labels'

/** Names of the packages that are activated for a project, sorted. */
export async function heldBy({ db }: Shop, project: string): Promise<string[]> {
  const rows = await db
    .selectFrom('activations as a')
    .innerJoin('licences as l', 'l.id', 'a.licence_id')
    .innerJoin('packages as p', 'p.id', 'a.package_id')
    .innerJoin('projects as j', 'j.id', 'a.project_id')
    .select(['p.name', 'j.id'])
    .where('a.activated_at', 'is not', null)
    .where('a.deactivated_at', 'is', null)
    .where('l.status', '=', 'active')
    .orderBy('p.name')
    .execute()
  return rows.filter(({ id }) => id === project).map(({ name }) => name)
}

/** Buys for a new project; returns the operation, the charges, the money paid, and the packages of the project. */
export async function purchaseOf(
  shop: Shop,
  buyer: Assistant,
  packages: readonly string[] = [SEARCH, LABELS],
) {
  const { id: project } = await aProject(shop.market)
  const before = (await shop.bank.money()).totals
  const response = await buyer.buys({ packages, project, idempotency_key: randomUUID() })
  const { succeeded_charges, net } = (await shop.bank.money()).totals
  return {
    response,
    project,
    charged: succeeded_charges - before.succeeded_charges,
    paid: net - before.net,
    held: await heldBy(shop, project),
  }
}

/** From now on `STOCK` costs the same as `SEARCH`. */
export const samePrice = ({ db }: Shop) =>
  db
    .updateTable('package_prices')
    .set({ amount: 4900 })
    .where('package_id', 'in', db.selectFrom('packages').select('id').where('name', '=', STOCK))
    .execute()
