import { type Money, sumOf } from '#kernel/money'
import { packagesForPurchase } from '#domain/catalogue'
import { coverageBetween, holdingsOf, renewalsSince } from '#domain/licensing'
import type { Db } from '../../platform/database.ts'
import { OneCurrencyPerPurchase, OtherEdition, PackageListedTwice, PackageNotFound } from './errors.ts'
import { planItems } from './plan-items.ts'
import type { PackageWanted, Plan, PlannedItem, PlanWanted } from './planned-item.ts'

const DAY_MS = 24 * 60 * 60 * 1000

/**
 * Plans a purchase by the current state, and writes nothing. A package that the project holds, or that comes with what it
 * holds, is not bought again; a free slot of the org is used; any other package is bought. Refuses what cannot be sold,
 * with a code for each reason.
 */
export async function planPurchase(db: Db, planning: PlanWanted): Promise<Plan> {
  const { wanted, project, at } = planning
  refuseRepeats(wanted)
  const names = wanted.map((each) => each.package)
  const found = await packagesForPurchase(db, names)
  const packs = wanted.map(({ package: name, edition }) => {
    const pack = found.find((each) => each.name === name)
    if (!pack) throw new PackageNotFound(name)
    return { pack, edition }
  })
  const holdings = project ? await holdingsOf(db, project.id, at) : []
  const ids = packs.map(({ pack }) => pack.id)
  const items = await planItems(db, {
    ...planning,
    packs,
    holdings,
    coverage: await coverageBetween(db, {
      parents: [...holdings.map(({ packageId }) => packageId), ...ids],
      children: ids,
    }),
    renewals: await renewalsSince(db, {
      licences: holdings.map(({ licence }) => licence),
      since: new Date(at.getTime() - DAY_MS),
    }),
  })
  return { items, total: totalOf(items) }
}

/** Refuses `other_edition` unless it was accepted that packages are bought for another edition than the project's. */
export function refuseOtherEditions({ items }: Plan, isAccepted: boolean | undefined): void {
  const other = items.find(({ otherThan }) => otherThan)
  if (other?.otherThan && !isAccepted) throw new OtherEdition(other.name, other.edition, other.otherThan)
}

/** Refuses `invalid_input` for a package that is listed twice. */
export function refuseRepeats(wanted: readonly PackageWanted[]): void {
  const seen = new Set<string>()
  for (const { package: name } of wanted) {
    if (seen.has(name)) throw new PackageListedTwice(name)
    seen.add(name)
  }
}

/** Whether the item costs its price. */
export const isPaidFor = ({ action }: Pick<PlannedItem, 'action'>): boolean =>
  action === 'buy' || action === 'renew'

/** What a plan buys, as spending rules see it. Undefined when it buys nothing. */
export function boughtIn({ items }: Plan): { vendors: string[]; hasSubscription: boolean } | undefined {
  const bought = items.filter(isPaidFor)
  if (!bought.length) return undefined
  return {
    vendors: [...new Set(bought.map(({ vendorSlug }) => vendorSlug))],
    hasSubscription: bought.some(({ model }) => model === 'yearly'),
  }
}

function totalOf(items: readonly PlannedItem[]): Money {
  const bought = items.filter(isPaidFor)
  const currencies = [...new Set(bought.map(({ price }) => price.currency))]
  if (currencies.length > 1) throw new OneCurrencyPerPurchase(currencies)
  return sumOf(
    currencies[0] ?? items[0]?.price.currency ?? 'EUR',
    bought.map(({ price }) => price),
  )
}
