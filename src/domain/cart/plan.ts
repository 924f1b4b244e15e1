import type { LicenceId, OrgId, PackageId, VendorId } from '#kernel/ids'
import { type Money, sumOf } from '#kernel/money'
import type { Edition } from '#kernel/schemas'
import { packagesForPurchase, type PackageForPurchase, type Price } from '#domain/catalogue'
import {
  type Holding,
  holdingsOf,
  LicenceIsSuspended,
  licenceWithFreeSlot,
  PackageIsBeingInstalled,
} from '#domain/licensing'
import type { Project } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import type { PriceModel } from '../../platform/tables.ts'
import {
  EditionNotSold,
  notInShop,
  OneCurrencyPerPurchase,
  PackageListedTwice,
  PackageNotForSale,
  PackageNotFound,
  VendorNotReady,
} from './errors.ts'

export interface PackageWanted {
  package: string
  /** Default: the project's edition. */
  edition?: Edition | undefined
}

/** What a purchase would do for one package. */
export interface PlannedItem {
  packageId: PackageId
  name: string
  vendor: VendorId
  vendorSlug: string
  edition: Edition
  model: PriceModel
  /** 0 unless the package is bought. */
  price: Money
  action: 'buy' | 'use_existing' | 'already_installed'
  /** The existing licence that is used or installed. Undefined when the package is bought. */
  licence: LicenceId | undefined
}

export interface Plan {
  items: PlannedItem[]
  total: Money
}

export interface PlanWanted {
  org: OrgId
  wanted: readonly PackageWanted[]
  /** Undefined when it is not created yet. */
  project: Project | undefined
  /** The edition of the project, or of the project that will be created. */
  edition: Edition
  at: Date
}

/**
 * Plans a purchase by the current state, and writes nothing. A package that the project holds is not bought again; a
 * free slot of the org is used; any other package is bought. Refuses what cannot be sold, with a code for each
 * reason.
 */
export async function planPurchase(db: Db, { org, wanted, project, edition, at }: PlanWanted): Promise<Plan> {
  refuseRepeats(wanted)
  const found = await packagesForPurchase(
    db,
    wanted.map((each) => each.package),
  )
  const holdings = project ? await holdingsOf(db, project.id, at) : []
  const items: PlannedItem[] = []
  for (const each of wanted) {
    const pack = found.find(({ name }) => name === each.package)
    if (!pack) throw new PackageNotFound(each.package)
    const held = holdings.find(({ packageId }) => packageId === pack.id)
    if (held?.pending) throw new PackageIsBeingInstalled(pack.name)
    if (held?.state === 'suspended') throw new LicenceIsSuspended(pack.name)
    items.push(await planItem(db, { org, pack, edition: each.edition ?? edition, held, at }))
  }
  return { items, total: totalOf(items) }
}

async function planItem(
  db: Db,
  wanted: {
    org: OrgId
    pack: PackageForPurchase
    edition: Edition
    held: Holding | undefined
    at: Date
  },
): Promise<PlannedItem> {
  const { org, pack, held, at } = wanted
  const isInstalled = held?.state === 'valid'
  const edition = isInstalled ? held.edition : wanted.edition
  const existing = isInstalled
    ? held.licence
    : await licenceWithFreeSlot(db, { org, packageId: pack.id, edition, at })
  const { id: packageId, name, vendorId: vendor, vendorSlug } = pack
  const item = { packageId, name, vendor, vendorSlug, edition }
  if (existing) {
    const price = pack.prices.find((each) => each.edition === edition)
    const nothing = { amountMinor: 0, currency: price?.currency ?? pack.prices[0]?.currency ?? 'EUR' }
    const action = isInstalled ? 'already_installed' : 'use_existing'
    return { ...item, model: price?.model ?? 'free', price: nothing, action, licence: existing }
  }
  const { model, amountMinor, currency } = priceToPay(pack, edition)
  return { ...item, model, price: { amountMinor, currency }, action: 'buy', licence: undefined }
}

/** The price of a package for an edition. Refuses when it is not sold, and when its vendor cannot be paid. */
export function priceToPay(pack: PackageForPurchase, edition: Edition): Price {
  refuseUnsellable(pack)
  const price = pack.prices.find((each) => each.edition === edition)
  if (!price)
    throw new EditionNotSold(
      pack.name,
      edition,
      pack.prices.map((each) => each.edition),
    )
  if (price.model !== 'free') refuseUnpayable(pack)
  return price
}

/** Refuses `package_not_found`, `package_not_for_sale`. */
export function refuseUnsellable(pack: PackageForPurchase): void {
  // packages that nobody may see, such as hidden dependencies
  if (!pack.isKnown) throw notInShop(pack.name, pack.comesWith)
  if (!pack.isSold) throw new PackageNotForSale(pack.name)
}

/** Refuses `vendor_not_ready` for a vendor that cannot be paid. */
export function refuseUnpayable({ vendorPayable, vendorSlug }: PackageForPurchase): void {
  if (!vendorPayable) throw new VendorNotReady(vendorSlug)
}

/** Refuses `invalid_input` for a package that is listed twice. */
export function refuseRepeats(wanted: readonly PackageWanted[]): void {
  const seen = new Set<string>()
  for (const { package: name } of wanted) {
    if (seen.has(name)) throw new PackageListedTwice(name)
    seen.add(name)
  }
}

/** What a plan buys, as spending rules see it. Undefined when it buys nothing. */
export function boughtIn({ items }: Plan): { vendors: string[]; hasSubscription: boolean } | undefined {
  const bought = items.filter(({ action }) => action === 'buy')
  if (!bought.length) return undefined
  return {
    vendors: [...new Set(bought.map(({ vendorSlug }) => vendorSlug))],
    hasSubscription: bought.some(({ model }) => model === 'yearly'),
  }
}

function totalOf(items: readonly PlannedItem[]): Money {
  const bought = items.filter(({ action }) => action === 'buy')
  const currencies = [...new Set(bought.map(({ price }) => price.currency))]
  if (currencies.length > 1) throw new OneCurrencyPerPurchase(currencies)
  return sumOf(
    currencies[0] ?? items[0]?.price.currency ?? 'EUR',
    bought.map(({ price }) => price),
  )
}
