import { asRefusal, type Refusal } from '#kernel/errors'
import type { LicenceId, OrgId, PackageId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import type { Edition } from '#kernel/schemas'
import { offeredById, type OfferedPackage, type Price } from '#domain/catalogue'
import {
  coveringPackages,
  type FreeSlot,
  freeSlotsFor,
  type Holding,
  holdingsOf,
  IsBeingRenewed,
  LicenceIsSuspended,
  PackageIsBeingInstalled,
  paidUntil,
  renewableSince,
  type Renewing,
  renewalsSince,
  renewed,
} from '#domain/licensing'
import type { Project } from '#domain/projects'
import type { Db } from '../../platform/database.ts'

/** One way to get packages: a free slot of the org, a licence that is renewed, or one that is bought. */
export interface Option {
  kind: 'activate' | 'renew' | 'buy'
  /** The package of the licence. */
  package: string
  licence: LicenceId | undefined
  price: Money
  /** How it is paid. Undefined for a free slot. */
  model: Price['model'] | undefined
  /** The end of the licence that is bought or renewed. Undefined without an end, and for a free slot. */
  until: Date | undefined
  covers: PackageId[]
}

/** A package, and the release that its licence has to reach. */
export interface Wanted {
  id: PackageId
  releasedAt: Date
}

export interface Options {
  options: Option[]
  /** Why a package cannot be bought now: what the project has of it is suspended, or on its way. */
  refusals: Map<PackageId, Refusal>
}

export interface OptionsWanted {
  org: OrgId
  project: Project | undefined
  edition: Edition
  wanted: readonly Wanted[]
  at: Date
}

const DAY_MS = 24 * 60 * 60 * 1000
const FREE: Money = { amountMinor: 0, currency: '' }

/** All ways to get these packages. Five statements, however many packages there are. */
export async function optionsFor(
  db: Db,
  { org, project, edition, wanted, at }: OptionsWanted,
): Promise<Options> {
  const packages = wanted.map(({ id }) => id)
  const pairs = await coveringPackages(db, packages)
  const parents = new Map(
    (await offeredById(db, [...new Set(pairs.map(({ parent }) => parent))])).map((pack) => [pack.id, pack]),
  )
  const holdings = project ? await holdingsOf(db, project.id, at) : []
  const renewals = await renewalsSince(db, {
    licences: holdings.map(({ licence }) => licence),
    since: new Date(at.getTime() - DAY_MS),
  })
  const except = holdings.filter(({ state }) => state !== 'over').map(({ packageId }) => packageId)
  const slots = await freeSlotsFor(db, { org, packages, edition, except, at })
  const byParent = Map.groupBy(pairs, ({ parent }) => parent)
  const releases = new Map(wanted.map(({ id, releasedAt }) => [id, releasedAt]))
  /** The wanted packages that a licence for a package covers which lasts until then. */
  const covered = (parent: PackageId, until?: Date): PackageId[] =>
    (byParent.get(parent) ?? []).flatMap(({ child, since }) => {
      const released = releases.get(child)
      const isWithin = !until || ((!since || since <= until) && released !== undefined && released <= until)
      return isWithin ? [child] : []
    })
  const refusals = new Map<PackageId, Refusal>()
  for (const holding of holdings) {
    const refusal = refusalOf(holding, parents.get(holding.packageId), renewals.get(holding.licence))
    if (refusal) for (const id of covered(holding.packageId)) refusals.set(id, refusal)
  }
  const held = new Set(except)
  const free = [...Map.groupBy(slots, ({ through }) => through).values()].flatMap(slotOf)
  const renewing = holdings.flatMap((holding) =>
    renewalOf(holding, {
      pack: parents.get(holding.packageId),
      renewal: renewals.get(holding.licence),
      at,
      covered,
    }),
  )
  const buying = [...parents.values()].flatMap((pack): Option[] => {
    const price = held.has(pack.id) ? undefined : priceFor(pack, edition)
    return price ? [purchaseOf(pack, { price, covers: covered(pack.id), at })] : []
  })
  return { options: [...free, ...renewing, ...buying], refusals }
}

/** A free slot, as a list: empty for no slots. */
function slotOf(slots: readonly FreeSlot[]): Option[] {
  const [first] = slots
  if (!first) return []
  const { through, licence } = first
  const covers = slots.map(({ packageId }) => packageId)
  return [
    { kind: 'activate', package: through, licence, price: FREE, model: undefined, until: undefined, covers },
  ]
}

function renewalOf(
  holding: Holding,
  {
    pack,
    renewal,
    at,
    covered,
  }: {
    pack: OfferedPackage | undefined
    renewal: Renewing | undefined
    at: Date
    covered: (parent: PackageId, until: Date) => PackageId[]
  },
): Option[] {
  const period = pack && renewablePeriod(holding, renewal, at)
  const price = period && priceFor(pack, holding.edition)
  if (!pack || !price || price.model !== 'yearly') return []
  const covers = covered(pack.id, period.until)
  const { until } = period
  return [{ kind: 'renew', package: pack.name, licence: holding.licence, ...termsOf(price), until, covers }]
}

const purchaseOf = (
  { name }: OfferedPackage,
  { price, covers, at }: { price: Price; covers: PackageId[]; at: Date },
): Option => ({
  kind: 'buy',
  package: name,
  licence: undefined,
  ...termsOf(price),
  until: paidUntil(price.model, at),
  covers,
})

function refusalOf(
  { state, pending, operation }: Holding,
  pack: OfferedPackage | undefined,
  renewal: Renewing | undefined,
): Refusal | undefined {
  if (!pack) return undefined
  if (pending) return asRefusal(new PackageIsBeingInstalled(pack.name, { by: operation }))
  if (state === 'suspended') return asRefusal(new LicenceIsSuspended(pack.name))
  if (state === 'over' && renewal && !renewal.isOver) return asRefusal(new IsBeingRenewed(pack.name, renewal))
  return undefined
}

function renewablePeriod({ term, pending }: Holding, renewal: Renewing | undefined, at: Date) {
  if (!term || pending || renewal || at < renewableSince(term.until)) return undefined
  const period = renewed({ from: term.until, since: term.since })
  return period.until > at ? period : undefined
}

/** The price, when the package can be bought for it. */
function priceFor({ isSold, vendorPayable, prices }: OfferedPackage, edition: Edition) {
  const price = isSold ? prices.find((each) => each.edition === edition) : undefined
  return price && (price.model === 'free' || vendorPayable) ? price : undefined
}

const termsOf = ({ amountMinor, currency, model }: Price): Pick<Option, 'price' | 'model'> => ({
  price: { amountMinor, currency },
  model,
})
