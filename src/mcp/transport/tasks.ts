import {
  type McpServer,
  MissingRequiredClientCapabilityError,
  ProtocolError,
  ProtocolErrorCode,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { DomainError } from '#kernel/errors'
import { asOutage } from '#platform/outages'
import type { Log } from '../call/audit-refusal.ts'
import { declaresTasks, TASKS } from './capabilities.ts'
import { authorizedIn } from './request.ts'
import type { Tasks } from '../operations/task.ts'

/** The endpoint uses the same error code, for too many requests and for an outage. */
const LATER = -32000

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
    refused: (method: string, code: string) => Promise<void>
    log: Log
  },
): void {
  function serve(
    method: string,
    run: (tasks: Tasks, id: string, ctx: ServerContext) => Promise<object | void>,
  ) {
    server.setRequestHandler(method, { params }, async ({ taskId }, ctx) => {
      if (!declaresTasks(ctx))
        throw new MissingRequiredClientCapabilityError({
          requiredCapabilities: { extensions: { [TASKS]: {} } },
        })
      try {
        return { ...(await run(tasksOf(ctx), taskId, ctx)) }
      } catch (error) {
        const outage = asOutage(error)
        if (outage) log.warn({ err: outage.cause ?? outage, method }, 'a request for a task met an outage')
        else if (error instanceof DomainError && error.kind !== 'rate_limited')
          await refused(method, error.code)
        throw asProtocolError(outage ?? error, ctx, log)
      }
    })
  }

  serve('tasks/get', (tasks, id) => tasks.find(id))
  serve('tasks/update', (tasks, id, { mcpReq }) => tasks.answer(id, mcpReq.inputResponses ?? {}))
  serve('tasks/cancel', (tasks, id) => tasks.cancel(id))
}

/** The SDK sends the message of a thrown error to the client, so the message about a bug has no details. */
function asProtocolError(error: unknown, ctx: ServerContext, log: Log): ProtocolError {
  if (error instanceof ProtocolError) return error
  const { InvalidParams, InternalError } = ProtocolErrorCode
  if (error instanceof DomainError)
    return error.retryAfterMs
      ? new ProtocolError(LATER, error.message, { retry_after_ms: error.retryAfterMs })
      : new ProtocolError(InvalidParams, error.kind === 'not_found' ? 'Task not found' : error.message)
  const { requestId } = authorizedIn(ctx.http?.authInfo)
  log.error({ err: error, method: ctx.mcpReq.method, request: requestId }, 'a request for a task failed')
  return new ProtocolError(InternalError, `Something went wrong on our side (request ${requestId}).`)
}
