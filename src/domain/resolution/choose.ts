import type { PackageId } from '#kernel/ids'
import { type Candidate, cheapestSet } from './cheapest-set.ts'
import type { Option } from './options.ts'

export interface Chosen {
  /** Those of the org first, then renewals, then purchases; each by name. */
  options: Option[]
  /** The option that brings each package. */
  by: Map<PackageId, Option>
  /** Nothing costs less. False after a search that was cut off, and with prices in several currencies. */
  isExact: boolean
}

/**
 * The cheapest set of options that brings every package that any of them brings; at the same price the one that lasts
 * longer, so a licence that has ended is bought anew unless its renewal costs less. Prices in different currencies are not
 * compared: then each package is got in the first currency, by name, in which it can be.
 */
export function choose(options: readonly Option[]): Chosen {
  const currencies = [...new Set(options.flatMap(({ price }) => (price.amountMinor ? [price.currency] : [])))]
  const sets =
    currencies.length > 1 ? inCurrencies(options, currencies.toSorted()) : [cheapestOf(options, () => true)]
  const found = [...new Set(sets.flatMap(({ found: each }) => each))].sort(inOrder)
  const by = new Map<PackageId, Option>()
  for (const option of found) for (const id of option.covers) if (!by.has(id)) by.set(id, option)
  const used = new Set(by.values())
  return {
    options: found.filter((option) => used.has(option)),
    by,
    isExact: currencies.length <= 1 && sets.every(({ isExact }) => isExact),
  }
}

const KINDS: ReadonlyArray<Option['kind']> = ['activate', 'renew', 'buy']

const inOrder = (a: Option, b: Option): number =>
  KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind) || (a.package < b.package ? -1 : 1)

/** Of two options that cost the same, the first is taken: a free slot, or what ends later. */
const byEnd = (a: Option, b: Option): number =>
  Number(b.kind === 'activate') - Number(a.kind === 'activate') || compareEnds(b, a) || inOrder(a, b)

const compareEnds = ({ until: a }: Option, { until: b }: Option): number =>
  a && b ? a.getTime() - b.getTime() : Number(!a) - Number(!b)

function inCurrencies(options: readonly Option[], currencies: readonly string[]) {
  const left = new Set(options.flatMap(({ covers }) => covers))
  return currencies.map((currency) => {
    const own = options.filter(({ price }) => !price.amountMinor || price.currency === currency)
    const set = cheapestOf(own, (id) => left.has(id))
    for (const { covers } of own) for (const id of covers) left.delete(id)
    return set
  })
}

function cheapestOf(options: readonly Option[], isWanted: (id: PackageId) => boolean) {
  const ordered = options.toSorted(byEnd)
  const numbers = new Map<PackageId, number>()
  for (const { covers } of ordered)
    for (const id of covers) if (isWanted(id) && !numbers.has(id)) numbers.set(id, numbers.size)
  const candidates = ordered.map(({ price, covers }): Candidate => ({
    cost: price.amountMinor,
    covers: [...new Set(covers)].flatMap((id) => numbers.get(id) ?? []),
  }))
  const { chosen, isExact } = cheapestSet(candidates)
  return { found: chosen.flatMap((at) => ordered[at] ?? []), isExact }
}
