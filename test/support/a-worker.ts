import { type NativeConnection, Worker } from '@temporalio/worker'
import { type Activities, type Dependencies, type IngestActivities, stepInterceptor } from '#activities'
import { versionOf } from '#platform/deployment'
import type { TestServer } from './a-time-skipping-server.ts'
import type { Steps } from './faults.ts'
import './temporal-runtime.ts'

/** The code of a deploy. */
export interface Build {
  /** Default: the worker has no version. */
  id?: string
  /** The file of its bundled workflows. Default: the sources of this checkout, as they work with the server. */
  bundle?: string
}

export interface TestWorker {
  stop: () => Promise<void>
}

/** The deployment of the builds of a test. */
export const DEPLOYMENT = 'test'

interface Wanted {
  connection: NativeConnection
  taskQueue: string
  steps: Activities | IngestActivities
  /** The steps that a fault has changed. */
  current: () => Steps
  deps: Pick<Dependencies, 'db' | 'log'>
  /** Undefined: it works on steps only. */
  build: (Build & { bundle: string }) | undefined
  keepsTasksFor?: TestServer['keepsTasksFor']
}

/** Starts a worker whose steps may be changed while it works. */
export async function aWorker(wanted: Wanted): Promise<TestWorker> {
  const { connection, taskQueue, steps, current, deps, build, keepsTasksFor } = wanted
  const worker = await WorkerOnSharedThread.create({
    connection,
    taskQueue,
    ...(build && { workflowBundle: { codePath: build.bundle } }),
    ...(keepsTasksFor && { stickyQueueScheduleToStartTimeout: keepsTasksFor }),
    ...versionOf({ DEPLOYMENT, BUILD_ID: build?.id }),
    activities: lookedUpPerCall(steps, current),
    interceptors: { activity: [stepInterceptor(deps)] },
  })
  const stopped = worker.run()
  return {
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown()
      await stopped
    },
  }
}

/**
 * A worker whose workflows run in a thread that all workers of this process share: to start a thread takes half a second
 * of a processor.
 */
class WorkerOnSharedThread extends Worker {
  static #threads = new Map<string, ReturnType<typeof Worker.createWorkflowCreator>>()

  protected static override async createWorkflowCreator(
    ...given: Parameters<typeof Worker.createWorkflowCreator>
  ): ReturnType<typeof Worker.createWorkflowCreator> {
    const [{ filename }] = given
    const thread = this.#threads.get(filename) ?? super.createWorkflowCreator(...given)
    this.#threads.set(filename, thread)
    const creator = await thread
    return { createWorkflow: (options) => creator.createWorkflow(options), destroy: async () => {} }
  }
}

/** Looks each step up at each call, so that one worker serves a whole file while faults change. */
function lookedUpPerCall<Some extends Activities | IngestActivities>(
  steps: Some,
  current: () => Steps,
): Some {
  const names = Object.keys(steps) as Array<keyof Steps>
  const lookedUp = names.map((name) => [name, (input: never) => current()[name](input)])
  return Object.fromEntries(lookedUp) as Some
}
