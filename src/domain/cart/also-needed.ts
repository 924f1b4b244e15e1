import type { ProjectId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import type { Edition } from '#kernel/schemas'
import { packagesForPurchase } from '#domain/catalogue'
import { coverageBetween, entitlementsOf } from '#domain/licensing'
import { requirementsOfNewest } from '#domain/publishing'
import type { Db } from '../../platform/database.ts'
import { priceOf } from './sellable.ts'

/** A package of this market that Composer asks for, and that the project may not install. */
export interface AlsoNeeded {
  package: string
  requiredBy: string
  /** Undefined when it is not sold for the edition of the project. */
  price: Money | undefined
}

interface Installed {
  project: ProjectId | undefined
  edition: Edition
  /** The packages that a purchase installs. */
  names: readonly string[]
}

/** How many requirements of requirements are followed. */
const DEPTH = 5
const MOST = 20

/**
 * The packages that the newest versions of these packages require, and that nobody has licensed for the project: Composer
 * would stop at them. Only packages that can be bought here; nothing is known about others.
 */
export async function alsoNeeded(
  db: Db,
  { project, edition, names: bought }: Installed,
): Promise<AlsoNeeded[]> {
  const packages = await packagesForPurchase(db, bought)
  const held = project ? await entitlementsOf(db, project) : []
  const names = new Set([...held, ...packages].map(({ name }) => name))
  const needed: AlsoNeeded[] = []
  let newest = packages
  for (let depth = 0; depth < DEPTH && newest.length && needed.length < MOST; depth++) {
    const required = (
      await requirementsOfNewest(
        db,
        newest.map(({ id }) => id),
      )
    ).filter(({ name }) => !names.has(name))
    const found = await packagesForPurchase(db, [...new Set(required.map(({ name }) => name))])
    const sold = found.filter(({ isKnown, isSold }) => isKnown && isSold)
    const children = sold.map(({ id }) => id)
    const parents = packages.map(({ id }) => id)
    const covered = new Set((await coverageBetween(db, { parents, children })).map(({ child }) => child))
    const missing = sold.filter(({ id }) => !covered.has(id))
    for (const pack of missing) {
      const price = priceOf(pack, edition)
      names.add(pack.name)
      needed.push({
        package: pack.name,
        requiredBy: required.find(({ name }) => name === pack.name)?.package ?? '',
        price: price && { amountMinor: price.amountMinor, currency: price.currency },
      })
    }
    newest = missing
  }
  return needed.slice(0, MOST)
}
