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

/** What a client was asked, as its retry brings it back: signed, and readable for it. */
interface Asked {
  operation: string
  /** Hash of the arguments as they were sent. */
  input: string
  round: number
}

const QUESTION = 'open_url'
/** How long a retry may take, in seconds. */
const TTL = 600
/** Who did not go on after that many questions gets the handle, which tells a model what to do. */
const ROUNDS = 1

/** What the SDK sends in place of a handle: a question, or a task. */
type ClientResponse = InputRequiredResult | CallToolResult

/** The clients of requests: what each can do with an operation that is not over, and what a retry may bring back. */
export function clientsWith({ secrets, pace }: { secrets: Secrets; pace: Pace }) {
  const codec = createRequestStateCodec<Asked>({
    key: secrets.deriveKey('request state'),
    ttlSeconds: TTL,
    bind: connectionAndTool,
  })

  async function question(operation: Operation, round: number, ctx: ServerContext) {
    const asked = urlQuestionOf(operation)
    if (!asked) return undefined
    const requestState = await codec.mint({ operation: operation.id, input: inputHash(ctx), round }, ctx)
    return inputRequired({ inputRequests: { [QUESTION]: inputRequired.elicitUrl(asked) }, requestState })
  }

  function responderFor(ctx: ServerContext, round: number): OperationClient<ClientResponse>['respond'] {
    if (declaresTasks(ctx)) return async (operation, handle) => createdTask(operation, handle, opensUrls(ctx))
    if (!opensUrls(ctx) || round > ROUNDS) return undefined
    return (operation) => question(operation, round, ctx)
  }

  return {
    /** Refuses what is not ours, too old, or of another connection, tool or input. */
    verify: async (state: string, ctx: ServerContext): Promise<Asked> => {
      const asked = await codec.verify(state, ctx)
      if (asked.input !== inputHash(ctx)) throw new Error('input')
      return asked
    },
    of(ctx: ServerContext, era: 'legacy' | 'modern'): OperationClient<ClientResponse> {
      const asked = ctx.mcpReq.requestState<Asked>()
      const response = inputResponse(ctx.mcpReq.inputResponses, QUESTION)
      const accepted = response.kind === 'elicit' && response.action === 'accept'
      return {
        pace,
        notify: declaresTasks(ctx) ? undefined : notifyOn(ctx),
        asked: asked && { operation: asked.operation, accepted },
        respond: era === 'modern' ? responderFor(ctx, (asked?.round ?? 0) + 1) : undefined,
      }
    },
  }
}

/** One whose page only the model can show would be over as a task, so it gets the handle, which is the same sooner. */
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
