import { workflowInfo } from '@temporalio/workflow'
import { reportDelivery, undoCharge } from './buying.ts'
import { operation } from './operation.ts'
import { failureOf, lost } from './refusals.ts'
import { saga } from './saga.ts'
import { now, retryForever } from './steps.ts'

/**
 * Ends an operation whose runs were lost too often, or whose run was lost while it was undone: takes back what a purchase
 * did, and fails. A purchase that was delivered is only reported. Other stories have nothing to take back: what they have
 * created stays, and a repeat finds it.
 */
export const undoLostOperation = operation(async ({ operationId }) => {
  const { lines, isDelivered } = await retryForever.findOrder({ operationId, at: now() })
  if (isDelivered) return reportDelivery(operationId)
  return saga(async (ifItFails) => {
    ifItFails(() => retryForever.cancelOrder({ operationId, at: now() }))
    for (const line of lines) ifItFails(() => undoCharge(line, { operationId }))
    throw failureOf(lost(workflowInfo().workflowId))
  })
})
