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
  OneCurrencyPerPurchase,
  PackageListedTwice,
  PackageNotForSale,
  PackageNotFound,
  VendorNotReady,
} from './errors.ts'

export interface Asked {
  package: string
  /** Default: the project's. */
  edition?: Edition | undefined
}

/** What a purchase would do about one package. */
export interface PlannedItem {
  packageId: PackageId
  name: string
  vendor: VendorId
  edition: Edition
  model: PriceModel
  /** What it adds to the bill: nothing unless it is bought. */
  price: Money
  action: 'buy' | 'use_existing' | 'already_installed'
  /** Of the licence that is used or installed. */
  licence: LicenceId | undefined
  /** The project holds it by a licence that is over, whose place the new one takes. */
  renews: boolean
}

export interface Plan {
  items: PlannedItem[]
  total: Money
}

export interface PlanWanted {
  org: OrgId
  asked: readonly Asked[]
  /** Absent while it is still to be created. */
  project: Project | undefined
  /** Of the project, or of the one to be created. */
  edition: Edition
  at: Date
}

/**
 * Prices a purchase from what is true now, and writes nothing: what the project holds is left alone, a free slot of
 * the org is used, the rest is bought. Refuses what cannot be sold, each reason with its own code.
 */
export async function planPurchase(db: Db, { org, asked, project, edition, at }: PlanWanted): Promise<Plan> {
  refuseRepeats(asked)
  const found = await packagesForPurchase(
    db,
    asked.map((each) => each.package),
  )
  const holdings = project ? await holdingsOf(db, project.id, at) : []
  const items: PlannedItem[] = []
  for (const each of asked) {
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
  const renews = held?.state === 'over'
  const item = { packageId: pack.id, name: pack.name, vendor: pack.vendorId, edition, renews }
  if (existing) {
    const price = pack.prices.find((each) => each.edition === edition)
    const nothing = { amountMinor: 0, currency: price?.currency ?? pack.prices[0]?.currency ?? 'EUR' }
    const action = isInstalled ? 'already_installed' : 'use_existing'
    return { ...item, model: price?.model ?? 'free', price: nothing, action, licence: existing }
  }
  const { model, amountMinor, currency } = priceToPay(pack, edition)
  return { ...item, model, price: { amountMinor, currency }, action: 'buy', licence: undefined }
}

/** What it is sold for; refuses a package that is not sold, or not for that edition, or whose vendor cannot be paid. */
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

/** Refuses what is not, or no longer, sold. */
export function refuseUnsellable(pack: PackageForPurchase): void {
  // what nobody may see is not found, hidden dependencies included
  if (!pack.isKnown) throw new PackageNotFound(pack.name)
  if (!pack.isSold) throw new PackageNotForSale(pack.name)
}

/** Refuses a vendor that could not get the money. */
export function refuseUnpayable({ vendorPayable, vendorSlug }: PackageForPurchase): void {
  if (!vendorPayable) throw new VendorNotReady(vendorSlug)
}

/** Refuses `invalid_input` for a package that is asked for twice. */
export function refuseRepeats(asked: readonly Asked[]): void {
  const seen = new Set<string>()
  for (const { package: name } of asked) {
    if (seen.has(name)) throw new PackageListedTwice(name)
    seen.add(name)
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
