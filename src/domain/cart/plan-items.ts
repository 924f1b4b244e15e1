import type { LicenceId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import type { Edition } from '#kernel/schemas'
import { type PackageForPurchase, packagesForPurchase } from '#domain/catalogue'
import {
  type Covering,
  freeSlotCovering,
  type Holding,
  IsBeingRenewed,
  LicenceIsSuspended,
  licenceWithFreeSlot,
  PackageIsBeingInstalled,
  type Renewing,
} from '#domain/licensing'
import type { Db } from '../../platform/database.ts'
import type { PlannedItem, PlanWanted, WantedPack } from './planned-item.ts'
import { planRenewal } from './plan-renewal.ts'
import { priceOf, priceToPay, refuseUnsellable } from './sellable.ts'

/** Everything that a plan depends on. */
export interface Planning extends PlanWanted {
  packs: ReadonlyArray<WantedPack>
  holdings: readonly Holding[]
  /** Which of the held and wanted packages cover which wanted ones. */
  coverage: readonly Covering[]
  /** Of the held licences. */
  renewals: ReadonlyMap<LicenceId, Renewing>
}

/**
 * Plans each package, and returns the items in the order of the packages. Adds a package whose free licence covers a
 * wanted one, before the wanted one.
 */
export async function planItems(db: Db, planning: Planning): Promise<PlannedItem[]> {
  const parents = ({ pack }: WantedPack) => parentsInSet(planning, pack).length
  const planned = new Map<WantedPack, PlannedItem[]>()
  // a package that covers others has fewer parents than they have, so it comes before them
  for (const wanted of planning.packs.toSorted((a, b) => parents(a) - parents(b))) {
    const before = [...planned.values()].flat()
    // its free slot is used already, for a package that it covers
    if (before.some(({ packageId }) => packageId === wanted.pack.id)) continue
    const known = planKnown(planning, wanted, before)
    planned.set(wanted, known ? [known] : await planMissing(db, planning, wanted, before))
  }
  return planning.packs.flatMap((wanted) => planned.get(wanted) ?? [])
}

/** Plans a package that is on the project, that comes with another one, or that is renewed. Writes and reads nothing. */
function planKnown(
  planning: Planning,
  wanted: WantedPack,
  before: readonly PlannedItem[],
): PlannedItem | undefined {
  const { holdings, renewals, renew, force } = planning
  const { pack } = wanted
  const held = holdings.find(({ packageId }) => packageId === pack.id)
  if (held?.pending) throw new PackageIsBeingInstalled(pack.name, { by: held.operation })
  if (held?.state === 'suspended') throw new LicenceIsSuspended(pack.name)
  const renewal = held && renewals.get(held.licence)
  // a renewal that is under way is paid soon, also when the licence has ended by now
  if (renewal && !renewal.isOver && (renew || held.state === 'over'))
    throw new IsBeingRenewed(pack.name, renewal)
  const parent = held?.state === 'valid' ? undefined : parentInSet(planning, wanted, before)
  if (renew && (held || !parent)) {
    if (renewal && !force) throw new IsBeingRenewed(pack.name, renewal)
    return planRenewal(planning, wanted, {
      held,
      through: held ? undefined : heldParent(planning, pack)?.parentName,
    })
  }
  if (held?.state === 'valid')
    return free(pack, held.edition, { action: 'already_installed', licence: held.licence })
  const through = force ? undefined : heldParent(planning, pack)
  if (through) {
    const { parentName, by } = through
    return {
      ...free(pack, by.edition, { action: 'already_installed', licence: by.licence }),
      through: parentName,
    }
  }
  if (parent) return coveredBy(parent.name, pack, wanted.edition ?? planning.edition)
  return undefined
}

/** A held package that covers this one now. Refuses when each such package is suspended, or being installed. */
function heldParent({ coverage, holdings, at }: Planning, { id, name }: PackageForPurchase) {
  const covering = coverage.flatMap(({ parent, parentName, child, since }) => {
    const by = child === id ? holdings.find(({ packageId }) => packageId === parent) : undefined
    const isOver = !by || by.state === 'over' || (by.term && (by.term.until < since || by.term.until <= at))
    return isOver ? [] : [{ parentName, by }]
  })
  const valid = covering.find(({ by }) => by.state === 'valid' && !by.pending)
  const [first] = covering
  if (valid || !first) return valid
  if (first.by.pending) throw new PackageIsBeingInstalled(name, { by: first.by.operation })
  throw new LicenceIsSuspended(first.parentName)
}

/**
 * A wanted package that covers this one, for the same edition, with a licence of its own. One that comes with another
 * package has none: that other one covers both. With `force`, one that the project holds does not count.
 */
function parentInSet(planning: Planning, { pack, edition }: WantedPack, before: readonly PlannedItem[]) {
  const wanted = edition ?? planning.edition
  const counts = ({ through, action }: PlannedItem) =>
    !through && !(planning.force && action === 'already_installed')
  return parentsInSet(planning, pack).find((parent) =>
    before.some((item) => item.name === parent.name && item.edition === wanted && counts(item)),
  )
}

/** The wanted packages that cover this one. When packages cover each other, the first by name counts. */
function parentsInSet(
  { coverage, packs }: Planning,
  { id, name, isKnown }: PackageForPurchase,
): PackageForPurchase[] {
  if (!isKnown) return []
  return packs
    .map(({ pack }) => pack)
    .filter(
      (parent) => covers(coverage, parent.id, id) && !(covers(coverage, id, parent.id) && name < parent.name),
    )
}

const covers = (coverage: readonly Covering[], parent: string, child: string): boolean =>
  coverage.some((each) => each.parent === parent && each.child === child)

/** Plans a package that the project does not have: by a free slot of the org, or else it is bought. */
async function planMissing(
  db: Db,
  planning: Planning,
  { pack, edition: asked }: WantedPack,
  before: readonly PlannedItem[],
): Promise<PlannedItem[]> {
  const { org, at } = planning
  const edition = asked ?? planning.edition
  const other = planning.assignsLicences && edition !== planning.edition && { otherThan: planning.edition }
  const existing = await licenceWithFreeSlot(db, { org, packageId: pack.id, edition, at })
  if (existing) return [{ ...free(pack, edition, { action: 'use_existing', licence: existing }), ...other }]
  const covering = await coveringSlot(db, planning, { pack, edition }, before)
  if (covering) {
    const { parent, licence, isNew } = covering
    const used = { ...free(parent, edition, { action: 'use_existing', licence }), ...other }
    return [...(isNew ? [used] : []), coveredBy(parent.name, pack, edition)]
  }
  const { model, amountMinor, currency } = priceToPay(pack, edition)
  const bought = { ...itemOf(pack, edition), model, price: { amountMinor, currency }, action: 'buy' as const }
  return [{ ...bought, licence: undefined, ...other }]
}

/**
 * A free slot of the org for a package that covers this one. `isNew`: the plan does not use it yet. A project holds one
 * licence of a package, so it is none of a package that the plan has otherwise.
 */
async function coveringSlot(
  db: Db,
  planning: Planning,
  { pack, edition }: { pack: PackageForPurchase; edition: Edition },
  before: readonly PlannedItem[],
) {
  const { org, holdings, packs, force, at } = planning
  if (force || !pack.isKnown) return undefined
  const except = [
    ...holdings.filter(({ state }) => state !== 'over').map(({ packageId }) => packageId),
    ...before.filter((item) => item.through || item.edition !== edition).map(({ packageId }) => packageId),
    ...packs.filter((each) => (each.edition ?? planning.edition) !== edition).map((each) => each.pack.id),
  ]
  const slot = await freeSlotCovering(db, { org, packageId: pack.id, edition, except, at })
  const [parent] = slot ? await packagesForPurchase(db, [slot.name]) : []
  if (!slot || !parent) return undefined
  return { parent, licence: slot.licence, isNew: !before.some(({ name }) => name === slot.name) }
}

function coveredBy(through: string, pack: PackageForPurchase, edition: Edition): PlannedItem {
  refuseUnsellable(pack)
  const price = priceOf(pack, edition)
  return {
    ...free(pack, edition, { action: 'covered', licence: undefined }),
    through,
    ...(price && { saved: { amountMinor: price.amountMinor, currency: price.currency } }),
  }
}

const itemOf = (pack: PackageForPurchase, edition: Edition) => ({
  packageId: pack.id,
  name: pack.name,
  vendor: pack.vendorId,
  vendorSlug: pack.vendorSlug,
  edition,
})

/** An item that costs nothing. */
function free(
  pack: PackageForPurchase,
  edition: Edition,
  what: Pick<PlannedItem, 'action' | 'licence'>,
): PlannedItem {
  const price = priceOf(pack, edition)
  const nothing: Money = { amountMinor: 0, currency: price?.currency ?? pack.prices[0]?.currency ?? 'EUR' }
  return { ...itemOf(pack, edition), model: price?.model ?? 'free', price: nothing, ...what }
}
