import { mintId } from '#kernel/ids'
import { operation } from './operation.ts'
import { failureOf, NO_GIT_ACCESS_FOR_VENDOR, NOT_APPROVED_IN_TIME } from './refusals.ts'
import { now, retryForMinutes, retryForever } from './steps.ts'

/**
 * Makes an org a vendor that can publish: applies, waits until a person connects the Git host, then until the operator
 * approves. Nothing is undone: after a failure or a cancellation the application and the connected Git host stay as they
 * are.
 */
export const bootstrapVendor = operation(async ({ operationId, checkpoint, waitFor, waitForOthers }) => {
  const step = () => ({ operationId, at: now() })
  const vendorId = mintId('ven', Date.now(), Math.random)
  const { approvalUntil } = await retryForMinutes.openVendorApplication({ ...step(), vendorId })
  checkpoint()
  if (!(await retryForMinutes.lookForGitHost(step()))) {
    const { until } = await retryForMinutes.awaitGitHost(step())
    const look = () => retryForever.lookForGitHost(step())
    if (!(await waitFor({ for: 'git_consent', until: Date.parse(until), look })))
      throw failureOf(NO_GIT_ACCESS_FOR_VENDOR)
  }
  checkpoint()
  const isApproved = await waitForOthers({
    summary: 'the approval',
    until: Date.parse(approvalUntil),
    look: () => retryForever.lookForVendorApproval(step()),
  })
  if (!isApproved) throw failureOf(NOT_APPROVED_IN_TIME)
  return retryForMinutes.describeStartedVendor(step())
})
