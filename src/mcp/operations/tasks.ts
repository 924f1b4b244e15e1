import { findOperation, notePageAnswer, type Operation, TooLateToCancel } from '#domain/operations'
import { told } from '../call/call.ts'
import { operationAnswer } from './handle.ts'
import { forThePerson } from './elicitation.ts'
import { shaped } from '../call/shape.ts'
import { assertMayStop } from './may-stop.ts'
import type { DetailedTask, Task, Tasks } from './task.ts'
import type { Context } from '../call/tool.ts'

interface ByTask {
  context: Context
  /** Whether this client opens URLs for its person. */
  opensUrls: boolean
}

/** Operations as tasks: the same ids, rows and owners, so every process finds them. */
export function operationTasks({ context, opensUrls }: ByTask): Tasks {
  const { db, caller, operations, at } = context
  const own = (id: string) => findOperation(db, { id, customer: caller.customer })

  return {
    async find(id) {
      const operation = await own(id)
      return { ...taskOf(operation, { opensUrls }), ...(await detailsOf(operation, { opensUrls, context })) }
    },
    async answer(id, responses) {
      const operation = await own(id)
      const { waitingUntil } = operation
      const response = waitingUntil && responses[questionOf(waitingUntil)]
      const action = (response as { action?: unknown } | undefined)?.action
      if (!waitingUntil || typeof action !== 'string') return
      await notePageAnswer(db, { id: operation.id, waitingUntil, opened: action === 'accept' })
    },
    async cancel(id) {
      assertMayStop(context, (await own(id)).story)
      await operations.cancel({ id, customer: caller.customer, at }).catch((error: unknown) => {
        if (!(error instanceof TooLateToCancel)) throw error
      })
    },
  }
}

/** An operation as a task, without what only `tasks/get` tells. */
export function taskOf(operation: Operation, { opensUrls }: { opensUrls: boolean }): Task {
  const { id, progress, createdAt, updatedAt, status } = operation
  return {
    taskId: id,
    status: statusOf(operation, opensUrls),
    ...(progress && { statusMessage: progress }),
    createdAt: createdAt.toISOString(),
    lastUpdatedAt: updatedAt.toISOString(),
    ttlMs: null,
    pollIntervalMs: status === 'waiting_for_you' ? 10_000 : 2_000,
  }
}

/** `failed` is for errors of the protocol; a person that the client cannot reach is for the model to reach. */
function statusOf({ status, url, pageOpened }: Operation, opensUrls: boolean): Task['status'] {
  switch (status) {
    case 'running':
      return 'working'
    case 'waiting_for_you':
      if (!opensUrls || !url || pageOpened === false) return 'completed'
      return pageOpened ? 'working' : 'input_required'
    case 'completed':
    case 'failed':
      return 'completed'
    case 'cancelled':
      return 'cancelled'
  }
}

async function detailsOf(
  operation: Operation,
  { opensUrls, context }: Pick<ByTask, 'opensUrls' | 'context'>,
): Promise<Pick<DetailedTask, 'inputRequests' | 'result'>> {
  const { url, waitingUntil } = operation
  const status = statusOf(operation, opensUrls)
  if (status === 'input_required') {
    const params = { mode: 'url', url, message: forThePerson(operation) }
    return { inputRequests: { [questionOf(waitingUntil)]: { method: 'elicitation/create', params } } }
  }
  if (status !== 'completed') return {}
  const handle = shaped(undefined, await operationAnswer(context, { operation }), 'detailed')
  const shown = handle as Record<string, unknown>
  return { result: { resultType: 'complete', ...told(shown, { failed: operation.status === 'failed' }) } }
}

/** One key per wait: clients never ask their person twice under the same one. */
const questionOf = (waitingUntil: Date | undefined): string => `open_url_${waitingUntil?.getTime()}`
