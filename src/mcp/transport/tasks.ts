import {
  type McpServer,
  MissingRequiredClientCapabilityError,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import type { Log } from '../call/audit-refusal.ts'
import { declaresTasks, TASKS } from './capabilities.ts'
import { type Failing, orProtocolError } from './protocol-error.ts'
import type { Tasks } from '../operations/task.ts'

const params = z.looseObject({ taskId: z.string().max(64) })

/** Serves the three methods of the Tasks extension to clients that declare it. The SDK does not have this extension. */
export function serveTasks(
  { server }: McpServer,
  {
    tasksOf,
    refused,
    log,
  }: {
    tasksOf: (ctx: ServerContext) => Tasks
    /** Audits a refusal by its code. */
    refused: Failing['refused']
    log: Log
  },
): void {
  const failing: Failing = {
    what: 'a request for a task',
    say: ({ kind, message }) => (kind === 'not_found' ? 'Task not found' : message),
    refused,
    log,
  }

  function serve(
    method: string,
    run: (tasks: Tasks, id: string, ctx: ServerContext) => Promise<object | void>,
  ) {
    server.setRequestHandler(method, { params }, async ({ taskId }, ctx) => {
      if (!declaresTasks(ctx))
        throw new MissingRequiredClientCapabilityError({
          requiredCapabilities: { extensions: { [TASKS]: {} } },
        })
      return orProtocolError(ctx, failing, async () => ({ ...(await run(tasksOf(ctx), taskId, ctx)) }))
    })
  }

  serve('tasks/get', (tasks, id) => tasks.find(id))
  serve('tasks/update', (tasks, id, { mcpReq }) => tasks.answer(id, mcpReq.inputResponses ?? {}))
  serve('tasks/cancel', (tasks, id) => tasks.cancel(id))
}
