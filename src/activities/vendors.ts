import type { StartedVendor } from '#contracts/bootstrap-vendor'
import { noteGitWait } from '#domain/git'
import { beginOperation, operationContext } from '#domain/operations'
import { assertMay, orgForCustomer } from '#domain/orgs'
import { assertMayStillPublish } from '#domain/publications'
import { listVendors, lookForApproval, openApplication } from '#domain/vendors'
import type { OperationId, VendorId } from '#kernel/ids'
import type { Dependencies } from './dependencies.ts'
import type { StepInput } from './orders.ts'

const DAY_MS = 24 * 60 * 60_000
const APPROVAL_DAYS = 30

/** Steps of `bootstrap_vendor`. None has an undo: an application and a connected Git host are useful by themselves. */
export function vendorActivities({ db, git, gitConsentDays, approvesVendors }: Dependencies) {
  const hostOf = async (operationId: OperationId) => {
    const { orgId, started } = await operationContext(db, operationId)
    if (started.story !== 'bootstrap_vendor') throw new TypeError(`${started.story} starts no vendor`)
    return { orgId, host: git.hostNamed(started.input.host) }
  }
  const accountsOf = async (orgId: Parameters<typeof git.list>[0]) =>
    (await git.list(orgId)).filter(({ state }) => state === 'connected')

  return {
    /** Returns when the wait for the operator ends: ISO, UTC. */
    async openVendorApplication({
      operationId: operation,
      vendorId: id,
      at,
    }: StepInput & { vendorId: VendorId }): Promise<{ approvalUntil: string }> {
      const { orgId, caller } = await operationContext(db, operation)
      await assertMayStillPublish(db, { orgId, askedBy: caller.customer, connectionId: caller.connection })
      await openApplication(db, { operation, id, approves: approvesVendors ?? false, at: new Date(at) })
      return { approvalUntil: new Date(Date.parse(at) + APPROVAL_DAYS * DAY_MS).toISOString() }
    },

    /** Returns true once the org has a connected account at the host. */
    async lookForGitHost({ operationId }: StepInput): Promise<true | undefined> {
      const { orgId, host } = await hostOf(operationId)
      const accounts = await accountsOf(orgId)
      return accounts.some((each) => each.host === host) || undefined
    },

    /** Returns when the wait ends: ISO, UTC. */
    async awaitGitHost({ operationId, at }: StepInput): Promise<{ until: string }> {
      const { orgId, askedBy } = await beginOperation(db, operationId, new Date(at))
      assertMay(await orgForCustomer(db, askedBy, orgId), 'manage_git')
      const { host } = await hostOf(operationId)
      await noteGitWait(db, { operation: operationId, host })
      return { until: new Date(Date.parse(at) + gitConsentDays * DAY_MS).toISOString() }
    },

    /** Returns true once the operator has approved the vendor. Refuses `application_declined` and `application_withdrawn`. */
    async lookForVendorApproval({ operationId }: StepInput): Promise<true | undefined> {
      return (await lookForApproval(db, operationId)) && true
    },

    async describeStartedVendor({ operationId }: StepInput): Promise<StartedVendor> {
      const { orgId } = await operationContext(db, operationId)
      const id = await lookForApproval(db, operationId)
      const vendor = (await listVendors(db, orgId)).find((each) => each.id === id)
      if (!vendor) throw new TypeError('the vendor is not approved')
      const accounts = await accountsOf(orgId)
      return {
        vendor_id: vendor.id,
        vendor: vendor.slug,
        status: vendor.status === 'suspended' ? 'suspended' : 'approved',
        payable: vendor.isPayable,
        git_integrations: accounts.map(({ id, host, account }) => ({ id, host, account })),
      }
    },
  }
}
