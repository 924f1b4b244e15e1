import type { LicenceId, OrgId, PackageId, VendorId } from '#kernel/ids'
import type { Money } from '#kernel/money'
import type { Edition } from '#kernel/schemas'
import type { PackageForPurchase } from '#domain/catalogue'
import type { Period } from '#domain/licensing'
import type { Project } from '#domain/projects'
import type { PriceModel } from '../../platform/tables.ts'

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
  /** 0 unless the package is bought or its licence renewed. */
  price: Money
  /** `covered`: it comes with another package of this purchase. */
  action: 'buy' | 'renew' | 'use_existing' | 'already_installed' | 'covered'
  /** The existing licence that is used, installed or renewed. Undefined for a package that is bought or covered. */
  licence: LicenceId | undefined
  /** The package with whose licence it comes, when it has none of its own. */
  through?: string
  /** Only for `renew`. */
  renewal?: Period
  /** The edition of the project, when the package is bought or used for another one. */
  otherThan?: Edition
  /** What a package that is covered costs by itself. */
  saved?: Money
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
  assignsLicences: boolean
  /** Renews the licences that the project holds. */
  renew?: boolean | undefined
  /** Buys also what a licence of another package covers, and renews what was renewed a moment ago. */
  force?: boolean | undefined
  at: Date
}

export interface WantedPack {
  pack: PackageForPurchase
  /** The edition that was asked for. */
  edition: Edition | undefined
}
