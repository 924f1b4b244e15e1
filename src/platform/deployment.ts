import { setTimeout as sleep } from 'node:timers/promises'
import { Connection, isGrpcServiceError, type WorkflowService } from '@temporalio/client'

/** It could not be done. The message says what to do. */
export class DeploymentRefused extends Error {}

/** A build of a deployment, as Temporal knows it. */
export interface KnownBuild {
  build: string
  isCurrent: boolean
  /** Open runs that end on this build. */
  pinnedRuns: number
  /** Workers of workflows that asked for tasks in the last 90 s. */
  workers: number
}

export interface Queue {
  name: string
  of: 'workflows' | 'steps'
}

export interface Deployment {
  /** The newest first. */
  builds: () => Promise<KnownBuild[]>
  /**
   * Makes a build the current one, as soon as its workers work on all these queues. Throws `DeploymentRefused` when they
   * do not within `ms`.
   */
  makeCurrent: (build: string, wait: { queues: readonly Queue[]; ms: number }) => Promise<void>
  close: () => Promise<void>
}

/**
 * The options with which a worker names its build; without one it has no version. A run moves to the current build
 * unless its story is pinned. A run that began without a version moves, too.
 */
export const versionOf = ({ DEPLOYMENT, BUILD_ID }: { DEPLOYMENT: string; BUILD_ID?: string | undefined }) =>
  BUILD_ID === undefined
    ? {}
    : {
        workerDeploymentOptions: {
          useWorkerVersioning: true as const,
          version: { deploymentName: DEPLOYMENT, buildId: BUILD_ID },
          defaultVersioningBehavior: 'AUTO_UPGRADE' as const,
        },
      }

interface Opened {
  service: WorkflowService
  namespace: string
  deployment: string
}

/** Throws `DeploymentRefused` when Temporal does not answer. */
export async function openDeployment(
  address: string,
  { namespace, deployment, workflowQueue }: { namespace: string; deployment: string; workflowQueue: string },
): Promise<Deployment> {
  const connection = await Connection.connect({ address, connectTimeout: 5_000 }).catch(() => {
    throw new DeploymentRefused(
      `No Temporal answers at ${address}: start it there, or correct TEMPORAL_ADDRESS.`,
    )
  })
  const opened = { service: connection.workflowService, namespace, deployment }
  return {
    async builds() {
      const info = await describe(opened)
      const current = info?.routingConfig?.currentDeploymentVersion?.buildId
      const workers = await workersOn(opened, { name: workflowQueue, of: 'workflows' })
      const known = [...(info?.versionSummaries ?? [])]
      known.sort((a, b) => msOf(b.createTime) - msOf(a.createTime))
      const named = known.map(({ deploymentVersion }) => deploymentVersion?.buildId ?? '')
      return Promise.all(
        named.map(async (build) => ({
          build,
          isCurrent: build === current,
          pinnedRuns: await countPinnedRuns(opened, build),
          workers: workers.get(build) ?? 0,
        })),
      )
    },
    async makeCurrent(build, { queues, ms }) {
      const end = Date.now() + ms
      for (const queue of queues) await untilWorkedOn(opened, queue, build, end)
      await setCurrent(opened, build, end)
    },
    close: () => connection.close(),
  }
}

/** Undefined until the first worker with a version came. */
async function describe({ service, namespace, deployment }: Opened) {
  try {
    const described = await service.describeWorkerDeployment({ namespace, deploymentName: deployment })
    return described.workerDeploymentInfo
  } catch (e) {
    if (isGrpcServiceError(e) && e.code === NOT_FOUND) return undefined
    throw e
  }
}

const NOT_FOUND = 5

async function untilWorkedOn(opened: Opened, queue: Queue, build: string, end: number): Promise<void> {
  while (!(await workersOn(opened, queue)).has(build)) {
    if (Date.now() > end)
      throw new DeploymentRefused(
        `No worker of the build ${build} works on the ${queue.of} of ${queue.name}: start it with BUILD_ID=${build}, then try again.`,
      )
    await sleep(250)
  }
}

/** The server learns of a worker's queues a moment after the worker asked for tasks, and refuses until then. */
async function setCurrent({ service, namespace, deployment }: Opened, build: string, end: number) {
  for (;;)
    try {
      await service.setWorkerDeploymentCurrentVersion({
        namespace,
        deploymentName: deployment,
        buildId: build,
      })
      return
    } catch (e) {
      if (!isGrpcServiceError(e) || ![NOT_FOUND, FAILED_PRECONDITION].includes(e.code)) throw e
      if (Date.now() > end) throw new DeploymentRefused(`Temporal refuses the build ${build}: ${e.details}.`)
      await sleep(250)
    }
}

const FAILED_PRECONDITION = 9

/** A worker that waits for a task asks again after a minute. */
const ALIVE_MS = 90_000
/** The numbers of `temporal.api.enums.v1.TaskQueueType`. */
const QUEUE_TYPE = { workflows: 1, steps: 2 } as const

/** The number of workers that wait for tasks of this queue, by build. */
async function workersOn(
  { service, namespace, deployment }: Opened,
  { name, of }: Queue,
): Promise<Map<string, number>> {
  const { pollers } = await service.describeTaskQueue({
    namespace,
    taskQueue: { name },
    taskQueueType: QUEUE_TYPE[of],
  })
  const workers = new Map<string, number>()
  for (const { lastAccessTime, deploymentOptions } of pollers ?? []) {
    const { deploymentName, buildId = '' } = deploymentOptions ?? {}
    if (deploymentName === deployment && buildId && Date.now() - msOf(lastAccessTime) < ALIVE_MS)
      workers.set(buildId, (workers.get(buildId) ?? 0) + 1)
  }
  return workers
}

async function countPinnedRuns({ service, namespace, deployment }: Opened, build: string): Promise<number> {
  const query = [
    'ExecutionStatus = "Running"',
    'TemporalWorkflowVersioningBehavior = "Pinned"',
    `TemporalWorkerDeploymentVersion = "${deployment}:${build}"`,
  ].join(' AND ')
  const { count } = await service.countWorkflowExecutions({ namespace, query })
  return Number(count ?? 0)
}

const msOf = (time: { seconds?: { toNumber: () => number } | null } | null | undefined): number =>
  (time?.seconds?.toNumber() ?? 0) * 1000
