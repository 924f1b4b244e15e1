import { z } from 'zod'
import {
  findOperation,
  recordPageAnswer,
  type Operation,
  TooLateToCancel,
  withObstacle,
} from '#domain/operations'
import { checkedResult } from '../call/result.ts'
import type { Context } from '../call/tool.ts'
import { urlQuestionOf } from './elicitation.ts'
import { handleOf, pollAfterMs } from './handle.ts'
import { anyOperation } from './handle-schema.ts'
import { assertMayStop } from './may-stop.ts'
import type { DetailedTask, Task, Tasks } from './task.ts'

/** What a client sends after it has asked its user. */
const elicited = z.looseObject({ action: z.string() })

interface TaskOptions {
  context: Context
  /** True when this client opens URLs for its user. */
  opensUrls: boolean
}

/** Shows operations as tasks. They have the same ids, rows and owners, so every process finds them. */
export function operationTasks({ context, opensUrls }: TaskOptions): Tasks {
  const { db, caller, operations, at } = context
  const own = (id: string) => findOperation(db, { id, customer: caller.customer })

  return {
    async find(id) {
      const operation = await withObstacle(await own(id), operations.obstacle)
      return { ...taskOf(operation, { opensUrls }), ...(await detailsOf(operation, { opensUrls, context })) }
    },
    async answer(id, responses) {
      const operation = await own(id)
      const { waitingUntil } = operation
      const response = elicited.safeParse(waitingUntil && responses[questionKey(waitingUntil)])
      if (!waitingUntil || !response.success) return
      const opened = response.data.action === 'accept'
      await recordPageAnswer(db, { id: operation.id, waitingUntil, opened })
    },
    async cancel(id) {
      assertMayStop(context, (await own(id)).story)
      await operations.cancel({ id, caller, at }).catch((error: unknown) => {
        if (!(error instanceof TooLateToCancel)) throw error
      })
    },
  }
}

/** Renders an operation as a task, without the details that only `tasks/get` returns. */
export function taskOf(operation: Operation, { opensUrls }: { opensUrls: boolean }): Task {
  const { id, progress, createdAt, updatedAt } = operation
  return {
    taskId: id,
    status: statusOf(operation, opensUrls),
    ...(progress && { statusMessage: progress }),
    createdAt: createdAt.toISOString(),
    lastUpdatedAt: updatedAt.toISOString(),
    ttlMs: null,
    pollIntervalMs: pollAfterMs(operation),
  }
}

/**
 * The status `failed` is only for errors of the protocol. When only the model can show the page to the user, the status
 * is `completed`, so that the model gets the handle.
 */
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
  { opensUrls, context }: TaskOptions,
): Promise<Pick<DetailedTask, 'inputRequests' | 'result'>> {
  const status = statusOf(operation, opensUrls)
  if (status === 'input_required') {
    const params = { mode: 'url', ...urlQuestionOf(operation) }
    const key = questionKey(operation.waitingUntil)
    return { inputRequests: { [key]: { method: 'elicitation/create', params } } }
  }
  if (status !== 'completed') return {}
  const failed = operation.status === 'failed'
  const of = { name: operation.story, output: anyOperation }
  return {
    result: {
      resultType: 'complete',
      ...checkedResult(of, await handleOf(context, { operation }), { failed }),
    },
  }
}

/** Each wait has its own key, because a client asks its user only once per key. */
const questionKey = (waitingUntil: Date | undefined): string => `open_url_${waitingUntil?.getTime()}`
