import type { PurchaseInput } from '#contracts/purchase-and-install-package'
import type { StartedStory } from '#contracts/stories'
import type { OrgId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import { may, type OrgAccess } from '#domain/orgs'
import { type Project, projectInUse } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import { ProjectChoiceMissing, TwoProjects } from './errors.ts'
import { refuseRepeats } from './plan.ts'
import type { PackageWanted } from './planned-item.ts'
import { partsOf } from './quote.ts'

/** The input of both stories that buy. Without packages, it buys the org's cart. */
export type Purchase = Omit<PurchaseInput, 'packages'> & Partial<Pick<PurchaseInput, 'packages'>>

/**
 * What the input of a purchase says about how it is planned. A new project has no licences yet: there `force_another` only
 * says that a second project or a second purchase is wanted.
 */
export const planChoices = ({ renew, force_another, new_project }: Purchase) => ({
  renew,
  force: force_another && !new_project,
})

/** The input of an operation that buys. Throws for a story that buys nothing, because that is a bug. */
export function purchaseIn({ story, input }: StartedStory): Purchase {
  if (story === 'purchase_and_install_package' || story === 'checkout_cart') return input
  throw new Error(`${story} buys nothing`)
}

export interface Destination {
  /** What it holds is not bought again, also when the licences stay with the org. Undefined when none was named, or it is new. */
  project: Project | undefined
  /** The edition of packages that name none. */
  edition: Edition
  /** That project, or a new one, gets the packages. Otherwise their licences stay with the org. */
  assignsLicences: boolean
}

export const packagesWanted = (packages: PurchaseInput['packages']): PackageWanted[] =>
  packages.map((each) => (typeof each === 'string' ? { package: each } : each))

/**
 * Refuses `invalid_input` or `quote_malformed` for an input that can never succeed. Call it before an operation begins, so that the invalid
 * input does not use up the idempotency key.
 */
export function assertValidPurchase(purchase: Purchase, role: OrgAccess['role']): void {
  refuseRepeats(packagesWanted(purchase.packages ?? []))
  refuseWrongChoice(purchase, role)
  if (purchase.quote !== undefined) partsOf(purchase.quote)
}

function refuseWrongChoice({ packages, project, new_project }: Purchase, role: OrgAccess['role']): void {
  if (project && new_project) throw new TwoProjects()
  if (packages && !project && !new_project && may(role, 'activate_licences')) throw new ProjectChoiceMissing()
}

/**
 * The project of a purchase. It is optional for a cart, and for a role that may not activate licences (billing): that role
 * only renews what a project has, and the licences of everything else stay with the org. Refuses `invalid_input`,
 * `project_not_found`, `project_archived`.
 */
export async function destinationOf(
  db: Db,
  org: Pick<OrgAccess, 'role'> & { id: OrgId },
  purchase: Purchase,
): Promise<Destination> {
  const { project, new_project } = purchase
  refuseWrongChoice(purchase, org.role)
  if (project) {
    const found = await projectInUse(db, org.id, project, true)
    const assignsLicences = may(org.role, 'activate_licences') || purchase.renew === true
    return { project: found, edition: found.edition, assignsLicences }
  }
  return {
    project: undefined,
    edition: new_project?.edition ?? 'open-source',
    assignsLicences:
      new_project !== undefined && may(org.role, 'activate_licences') && may(org.role, 'manage_projects'),
  }
}
