import type { OpenRun } from '#contracts/ids'
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client'
import { isId, type OperationId } from '#kernel/ids'

export interface TemporalRuns {
  /** All open runs of operations. Runs that look at tags belong to no operation. */
  openRuns: () => Promise<OpenRun[]>
  /** Ends a run at once, without its undos. Does nothing when it is over. */
  terminate: (workflowId: string, reason: string) => Promise<void>
  close: () => Promise<void>
}

/** Lists and ends runs, for an operator. Throws when the server is unreachable. */
export async function openTemporalRuns(options: {
  address: string
  namespace: string
}): Promise<TemporalRuns> {
  const connection = await Connection.connect({ address: options.address, connectTimeout: 5_000 })
  const client = new Client({ connection, namespace: options.namespace })
  return {
    async openRuns() {
      const runs: OpenRun[] = []
      for await (const { workflowId } of client.workflow.list({ query: `ExecutionStatus = 'Running'` })) {
        const operation = operationIn(workflowId)
        if (operation) runs.push({ workflowId, operation })
      }
      return runs
    },
    async terminate(workflowId, reason) {
      try {
        await client.workflow.getHandle(workflowId).terminate(reason)
      } catch (e) {
        if (!(e instanceof WorkflowNotFoundError)) throw e
      }
    },
    close: () => connection.close(),
  }
}

/** A workflow id is the story with the operation, such as `checkout_cart/op_…`. */
const operationIn = (workflowId: string): OperationId | undefined =>
  workflowId.split('/').find((part): part is OperationId => isId('op', part))
