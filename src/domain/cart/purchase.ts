import type { PurchaseInput } from '#contracts/purchase-and-install-package'
import type { StartedStory } from '#contracts/stories'
import type { OrgId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import { may, type OrgAccess } from '#domain/orgs'
import { type Project, projectInUse } from '#domain/projects'
import type { Db } from '../../platform/database.ts'
import { ProjectChoiceMissing, TwoProjects } from './errors.ts'
import { type Asked, refuseRepeats } from './plan.ts'

/** What two stories take that buy; without packages, what is in the org's cart. */
export type Purchase = Omit<PurchaseInput, 'packages'> & Partial<Pick<PurchaseInput, 'packages'>>

/** What an operation buys. A story that buys nothing has no such step, so that is a bug. */
export function purchaseIn({ story, input }: StartedStory): Purchase {
  if (story === 'start_add_payment_method') throw new Error(`${story} buys nothing`)
  return input
}

export interface Destination {
  project: Project | undefined
  /** The edition a package is bought for unless it says otherwise. */
  edition: Edition
}

export const askedIn = (packages: PurchaseInput['packages']): Asked[] =>
  packages.map((each) => (typeof each === 'string' ? { package: each } : each))

/**
 * Refuses `invalid_input` for what no state of the market could make right, so that it is told before an operation
 * begins and uses up its key.
 */
export function assertValidPurchase(purchase: Purchase, role: OrgAccess['role']): void {
  refuseRepeats(askedIn(purchase.packages ?? []))
  refuseWrongChoice(purchase, role)
}

function refuseWrongChoice({ packages, project, new_project }: Purchase, role: OrgAccess['role']): void {
  if (project && new_project) throw new TwoProjects()
  if (packages && !project && !new_project && may(role, 'activate_licences')) throw new ProjectChoiceMissing()
}

/**
 * Where the packages go. What is bought from the cart, or by one who may not activate licences (billing), may go
 * nowhere yet. Refuses `invalid_input`, `project_not_found`, `project_archived`.
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
    return { project: found, edition: found.edition }
  }
  return { project: undefined, edition: new_project?.edition ?? 'open-source' }
}
