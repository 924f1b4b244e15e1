import {
  Client,
  Connection,
  isGrpcServiceError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowStartOptions,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { nudge, operationIdAttribute, orgIdAttribute, outcome } from '#contracts/messages'
import type { Run } from '#contracts/ids'

/** Queue of all workflows and of the activities on Postgres and Stripe. */
export const PAYMENTS_QUEUE = 'payments'

export interface Temporal {
  /**
   * Starts a run or joins the one of that id, and waits at most `withinMs` until it has news. Answers whether the run
   * is known to exist; an unreachable server is no error, the outbox starts the run later.
   */
  startOrJoinRun: (run: Run, withinMs: number) => Promise<boolean>
  /** Starts a run; one of that id, running or over, is fine. */
  start: (run: Run) => Promise<void>
  /** Asks a run to stop before its next step; false when there is none, or it is over. */
  cancelRun: (workflowId: string) => Promise<boolean>
  /** Wakes a run; false when there is none, or it is over. */
  nudge: (workflowId: string) => Promise<boolean>
  reachable: () => Promise<boolean>
  close: () => Promise<void>
}

export interface TemporalOptions {
  address: string
  namespace: string
  /** For tests: a queue of their own. */
  taskQueue?: string
}

/** Lazy: a server that is away does not keep the process from starting. */
export function openTemporal({ address, namespace, taskQueue = PAYMENTS_QUEUE }: TemporalOptions): Temporal {
  const connection = Connection.lazy({ address, connectTimeout: 3_000 })
  const client = new Client({ connection, namespace })
  return {
    startOrJoinRun: (run, withinMs) => startOrJoinRun(client, run, taskQueue, withinMs),
    async start(run) {
      try {
        await client.workflow.start(run.workflowType, { ...optionsOf(run), taskQueue })
      } catch (e) {
        if (!(e instanceof WorkflowExecutionAlreadyStartedError)) throw e
      }
    },
    nudge: (workflowId) => whetherFound(() => client.workflow.getHandle(workflowId).signal(nudge)),
    cancelRun: (workflowId) => whetherFound(() => client.workflow.getHandle(workflowId).cancel()),
    async reachable() {
      try {
        const look = () => client.workflowService.describeNamespace({ namespace })
        await connection.withDeadline(Date.now() + 2_000, look)
        return true
      } catch {
        return false
      }
    },
    close: () => connection.close(),
  }
}

async function whetherFound(ask: () => Promise<unknown>): Promise<boolean> {
  try {
    await ask()
    return true
  } catch (e) {
    if (e instanceof WorkflowNotFoundError) return false
    throw e
  }
}

async function startOrJoinRun(
  client: Client,
  run: Run,
  taskQueue: string,
  withinMs: number,
): Promise<boolean> {
  const startWorkflowOperation = new WithStartWorkflowOperation(run.workflowType, {
    ...optionsOf(run),
    taskQueue,
    workflowIdConflictPolicy: 'USE_EXISTING',
  })
  try {
    // one fixed id: repeats share one update, of which a run takes a limited number
    await client.withDeadline(Date.now() + withinMs, () =>
      client.workflow.executeUpdateWithStart(outcome, { startWorkflowOperation, updateId: 'outcome' }),
    )
    return true
  } catch (e) {
    if (!isNoNews(e)) throw e
    return false
  }
}

/** Whatever happened, the row tells: too early, over already, or the server is away. */
const isNoNews = (e: unknown) =>
  e instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
  e instanceof WorkflowUpdateFailedError ||
  e instanceof WorkflowExecutionAlreadyStartedError ||
  e instanceof WorkflowNotFoundError ||
  isAway(e) ||
  (e instanceof Error && isAway(e.cause))

/** The codes of gRPC for a server that cannot be reached or is too busy; any other is our mistake and gets told. */
const AWAY = [1, 4, 8, 14] // CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE

const isAway = (e: unknown) => isGrpcServiceError(e) && AWAY.includes(e.code)

function optionsOf({ workflowId, operationId, orgId }: Run): Omit<WorkflowStartOptions, 'taskQueue'> {
  return {
    workflowId,
    workflowIdReusePolicy: 'REJECT_DUPLICATE',
    workflowIdConflictPolicy: 'USE_EXISTING',
    args: [{ operationId }],
    typedSearchAttributes: [
      { key: orgIdAttribute, value: orgId },
      { key: operationIdAttribute, value: operationId },
    ],
    staticSummary: `${workflowId.split('/')[0]} · ${operationId}`,
  }
}
