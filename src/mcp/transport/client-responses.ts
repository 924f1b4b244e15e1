import { createHash } from 'node:crypto'
import {
  type CallToolResult,
  createRequestStateCodec,
  inputRequired,
  type InputRequiredResult,
  inputResponse,
  type ServerContext,
} from '@modelcontextprotocol/server'
import type { Operation } from '#domain/operations'
import { canonicalJson } from '#kernel/canonical-json'
import type { Secrets } from '#platform/secrets'
import type { ToolResult } from '../call/result.ts'
import { urlQuestionOf } from '../operations/elicitation.ts'
import type { OperationClient } from '../operations/story-call.ts'
import { taskOf } from '../operations/tasks.ts'
import type { Notify, Pace } from '../operations/wait.ts'
import { declaresTasks, opensUrls } from './capabilities.ts'
import { authorizedIn, callIn } from './request.ts'

/** The question that a client got. The client sends it back with its retry. It is signed and not encrypted. */
interface PendingQuestion {
  operation: string
  /** Hash of the arguments of the call. */
  input: string
  round: number
}

const QUESTION = 'open_url'
/** How long a retry may take, in seconds. */
const TTL = 600
/** After so many questions without a result, the client gets the handle, which says what the model can do. */
const ROUNDS = 1

/** What the SDK sends instead of a handle: a question or a task. */
type ClientResponse = InputRequiredResult | CallToolResult

/**
 * Makes the client of a request: which responses it supports for an operation that is not over, and what its retry may
 * send back.
 */
export function clientsWith({ secrets, pace }: { secrets: Secrets; pace: Pace }) {
  const codec = createRequestStateCodec<PendingQuestion>({
    key: secrets.deriveKey('request state'),
    ttlSeconds: TTL,
    bind: connectionAndTool,
  })

  async function question(operation: Operation, round: number, ctx: ServerContext) {
    const urlQuestion = urlQuestionOf(operation)
    if (!urlQuestion) return undefined
    const requestState = await codec.mint({ operation: operation.id, input: inputHash(ctx), round }, ctx)
    return inputRequired({
      inputRequests: { [QUESTION]: inputRequired.elicitUrl(urlQuestion) },
      requestState,
    })
  }

  function responderFor(ctx: ServerContext, round: number): OperationClient<ClientResponse>['respond'] {
    if (declaresTasks(ctx)) return async (operation, handle) => createdTask(operation, handle, opensUrls(ctx))
    if (!opensUrls(ctx) || round > ROUNDS) return undefined
    return (operation) => question(operation, round, ctx)
  }

  return {
    /** Refuses a question that we did not sign, that is too old, or that belongs to another connection, tool or input. */
    verify: async (state: string, ctx: ServerContext): Promise<PendingQuestion> => {
      const pending = await codec.verify(state, ctx)
      if (pending.input !== inputHash(ctx)) throw new Error('input')
      return pending
    },
    of(ctx: ServerContext, era: 'legacy' | 'modern'): OperationClient<ClientResponse> {
      const pending = ctx.mcpReq.requestState<PendingQuestion>()
      const response = inputResponse(ctx.mcpReq.inputResponses, QUESTION)
      const accepted = response.kind === 'elicit' && response.action === 'accept'
      return {
        pace,
        notify: declaresTasks(ctx) ? undefined : notifyOn(ctx),
        answered: pending && { operation: pending.operation, accepted },
        respond: era === 'modern' ? responderFor(ctx, (pending?.round ?? 0) + 1) : undefined,
      }
    },
  }
}

/**
 * Makes a task. Returns undefined when only the model can show the page to the user: such a task would be completed at
 * once, and the handle says the same.
 */
function createdTask(operation: Operation, handle: ToolResult, opens: boolean): ClientResponse | undefined {
  const task = taskOf(operation, { opensUrls: opens })
  if (task.status === 'completed') return undefined
  return { ...handle, ...task, resultType: 'task' }
}

function notifyOn({ mcpReq }: ServerContext): Notify | undefined {
  const { progressToken } = mcpReq._meta ?? {}
  if (progressToken === undefined) return undefined
  return (notice) => mcpReq.notify({ method: 'notifications/progress', params: { progressToken, ...notice } })
}

function connectionAndTool({ http }: ServerContext): string {
  const { caller, body } = authorizedIn(http?.authInfo)
  return canonicalJson([caller.connection, callIn(body).params?.name])
}

function inputHash({ http }: ServerContext): string {
  const { arguments: sent = {} } = callIn(authorizedIn(http?.authInfo).body).params ?? {}
  return createHash('sha256').update(canonicalJson(sent)).digest('base64url')
}
