import {
  Client,
  Connection,
  isGrpcServiceError,
  NamespaceNotFoundError,
  WithStartWorkflowOperation,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type WorkflowStartOptions,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client'
import { GIT_INGEST_QUEUE, nudge, operationIdAttribute, orgIdAttribute, outcome } from '#contracts/messages'
import {
  type LookAtRun,
  type ResumedRunOf,
  type Run,
  type RunSeen,
  resumedRun,
  type SyncRun,
} from '#contracts/ids'
import { TemporarilyUnavailable } from './outages.ts'
import { type Obstacle, type QueueLook, workerWatch } from './temporal-workers.ts'

/** Task queue of all workflows, and of the activities that use Postgres and Stripe. */
export const PAYMENTS_QUEUE = 'payments'

/** Each call ends within some seconds. A call that meets an outage is refused with `temporarily_unavailable`. */
export interface Temporal {
  /**
   * Starts a run, or joins the run of that id, and waits at most `withinMs` for its outcome. Returns true when the run
   * is known to exist. An unreachable server is not an error, because the outbox starts the run later.
   */
  startOrJoinRun: (run: Run, withinMs: number) => Promise<boolean>
  /** Starts a run. Does nothing when a run of that id exists, running or over. */
  start: (run: Run) => Promise<void>
  /** Starts a look at the tags of a package, or makes the one that runs look again. */
  startOrNudgeSync: (run: SyncRun) => Promise<void>
  /** Asks a run to stop before its next step. Returns false when it does not exist or is over. */
  cancelRun: (workflowId: string) => Promise<boolean>
  /** Wakes a run. Returns false when it does not exist or is over. */
  nudge: (workflowId: string) => Promise<boolean>
  /** Whether a run lives. Never throws because the server is unreachable or slow. */
  lookAtRun: LookAtRun
  /** The run that replaces a lost one. */
  resumedRun: ResumedRunOf
  reachable: () => Promise<boolean>
  /** What keeps runs from going on, or the steps on the other queue. All who ask within 3 s share an answer. */
  obstacle: (queue?: typeof GIT_INGEST_QUEUE) => Promise<Obstacle | undefined>
  close: () => Promise<void>
}

export interface TemporalOptions {
  address: string
  namespace: string
  /** Tests use a queue of their own. */
  taskQueue?: string
  /** How long the server may take to answer a call, in ms. */
  callMs?: number
  /** Called when it is noticed that nobody works on a queue any more, and when somebody works again. */
  onWorkers?: (seen: { queue: string; isGone: boolean }) => void
}

const CALL_MS = 5_000

/** Connects lazily, so that the process starts even when the server is unreachable. */
export function openTemporal({
  address,
  namespace,
  taskQueue = PAYMENTS_QUEUE,
  callMs = CALL_MS,
  onWorkers = () => {},
}: TemporalOptions): Temporal {
  const connection = Connection.lazy({ address, connectTimeout: 3_000 })
  const client = new Client({ connection, namespace })
  const inTime = <T>(call: () => Promise<T>) => answeredWithin(client, callMs, call)
  const watched = (queue: string, more: { steps: boolean }) =>
    workerWatch({
      look: () => lookAtQueue(client, { namespace, taskQueue: queue, callMs, ...more }),
      isOftenFull: more.steps,
      onChange: (isGone) => onWorkers({ queue, isGone }),
    })
  const obstacles = {
    runs: watched(taskQueue, { steps: false }),
    [GIT_INGEST_QUEUE]: watched(GIT_INGEST_QUEUE, { steps: true }),
  }
  return {
    startOrJoinRun: (run, withinMs) => startOrJoinRun(client, run, taskQueue, withinMs),
    async start(run) {
      try {
        await inTime(() => client.workflow.start(run.workflowType, { ...optionsOf(run), taskQueue }))
      } catch (e) {
        if (!(e instanceof WorkflowExecutionAlreadyStartedError)) throw e
      }
    },
    async startOrNudgeSync({ workflowType, workflowId, packageId }) {
      const options = {
        workflowId,
        taskQueue,
        args: [{ packageId }],
        signal: nudge,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        staticSummary: workflowId,
      } as const
      await inTime(() => client.workflow.signalWithStart(workflowType, options))
    },
    nudge: (workflowId) => wasFound(() => inTime(() => client.workflow.getHandle(workflowId).signal(nudge))),
    cancelRun: (workflowId) => wasFound(() => inTime(() => client.workflow.getHandle(workflowId).cancel())),
    lookAtRun: (workflowId) => lookAtRun(client, workflowId),
    resumedRun,
    async reachable() {
      try {
        const describe = () => client.workflowService.describeNamespace({ namespace })
        await connection.withDeadline(Date.now() + Math.min(callMs, 2_000), describe)
        return true
      } catch {
        return false
      }
    },
    obstacle: (queue: 'runs' | typeof GIT_INGEST_QUEUE = 'runs') => obstacles[queue](),
    close: () => connection.close(),
  }
}

/** How long a look may take, in ms. */
const LOOK_MS = 3_000

/** Only a definite answer makes a run lost: a server without our namespace knows nothing about our runs. */
async function lookAtRun(client: Client, workflowId: string): Promise<RunSeen> {
  try {
    const describe = () => client.workflow.getHandle(workflowId).describe()
    const { status, raw } = await client.withDeadline(Date.now() + LOOK_MS, describe)
    if (ENDED.includes(status.name)) return { state: 'lost' }
    return { state: 'lives', taskAttempt: raw.pendingWorkflowTask?.attempt ?? 1 }
  } catch (e) {
    if (e instanceof WorkflowNotFoundError) return { state: 'lost' }
    const isOfServer = e instanceof NamespaceNotFoundError || isGrpcServiceError(e)
    if (isOfServer || (e instanceof Error && isGrpcServiceError(e.cause))) return { state: 'unknown' }
    throw e
  }
}

const ENDED = ['COMPLETED', 'FAILED', 'CANCELLED', 'TERMINATED', 'TIMED_OUT']
/** Without a deadline, the client repeats a call for 40 s, and waits for a server that hangs without end. */
async function answeredWithin<T>(client: Client, ms: number, call: () => Promise<T>): Promise<T> {
  try {
    return await client.withDeadline(Date.now() + ms, call)
  } catch (e) {
    throw isUnreachable(e) || isUnreachable(causeOf(e)) ? new TemporarilyUnavailable(e) : e
  }
}

const causeOf = (e: unknown) => (e instanceof Error ? e.cause : undefined)

async function lookAtQueue(
  client: Client,
  {
    namespace,
    taskQueue,
    callMs,
    steps,
  }: { namespace: string; taskQueue: string; callMs: number; steps: boolean },
): Promise<QueueLook | 'unreachable' | undefined> {
  const asked = {
    namespace,
    taskQueue: { name: taskQueue },
    // of temporal.api.enums.v1.TaskQueueType: 1 workflows, 2 activities
    taskQueueType: steps ? 2 : 1,
    reportStats: true,
  }
  try {
    const { pollers, stats } = await client.withDeadline(Date.now() + Math.min(callMs, 2_000), () =>
      client.workflowService.describeTaskQueue(asked),
    )
    const polls = pollers.map(
      ({ lastAccessTime: at }) => `${String(at?.seconds)}.${String(at?.nanos).padStart(9, '0')}`,
    )
    return { lastPoll: polls.sort().at(-1), waitingS: Number(stats?.approximateBacklogAge?.seconds ?? 0) }
  } catch (e) {
    // the server that skips waits does not answer this question
    return isUnreachable(e) ? 'unreachable' : undefined
  }
}

async function wasFound(send: () => Promise<unknown>): Promise<boolean> {
  try {
    await send()
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
    // a fixed update id, so that repeats share one update: a run accepts a limited number of updates
    await client.withDeadline(Date.now() + withinMs, () =>
      client.workflow.executeUpdateWithStart(outcome, { startWorkflowOperation, updateId: 'outcome' }),
    )
    return true
  } catch (e) {
    if (!isExpected(e)) throw e
    return false
  }
}

/**
 * The wait was too short, the run is over, or the server did not accept the call: it is unreachable, or the run's
 * workflow code fails. In each case the row has the current state. Its start stays in the outbox, and the relay logs
 * what the server has against it.
 */
const isExpected = (e: unknown) =>
  e instanceof WorkflowUpdateRPCTimeoutOrCancelledError ||
  e instanceof WorkflowUpdateFailedError ||
  e instanceof WorkflowExecutionAlreadyStartedError ||
  e instanceof WorkflowNotFoundError ||
  isGrpcServiceError(e) ||
  isGrpcServiceError(causeOf(e))

/** The gRPC codes of a server that is unreachable or too busy. Any other code is our mistake. */
const UNREACHABLE = [1, 4, 8, 14] // CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNAVAILABLE

const isUnreachable = (e: unknown) => isGrpcServiceError(e) && UNREACHABLE.includes(e.code)

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
