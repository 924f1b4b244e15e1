import { setTimeout as sleep } from 'node:timers/promises'
import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  inputRequired,
  type InputRequest,
  type InputRequiredResult,
  inputResponse,
  MissingRequiredClientCapabilityError,
  type RequestStateCodec,
  type ServerContext,
} from '@modelcontextprotocol/server'
import { declaresTasks, TASKS } from '../../src/mcp/transport/capabilities.ts'
import type { Task } from '../../src/mcp/operations/task.ts'
import { PNG, WAV } from './fixture-contents.ts'
import { type fixtureTasks, textResult } from './fixture-tasks.ts'

export type Result = CallToolResult | InputRequiredResult
export type Fixture = (input: Record<string, unknown>, ctx: ServerContext) => Promise<Result> | Result
type Capability = 'elicitation' | 'sampling' | 'roots'

const declaredCapabilities = ({ mcpReq }: ServerContext) =>
  ((mcpReq.envelope as Record<string, unknown> | undefined)?.[CLIENT_CAPABILITIES_META_KEY] ?? {}) as Record<
    Capability,
    object | undefined
  >

const elicit = (message: string, field: string, type: 'string' | 'boolean' = 'string') =>
  inputRequired.elicit({
    message,
    requestedSchema: {
      type: 'object',
      properties: { [field]: type === 'string' ? { type } : { type } },
      required: [field],
    },
  })
const sample = (text: string, maxTokens: number) =>
  inputRequired.createMessage({ messages: [{ role: 'user', content: { type: 'text', text } }], maxTokens })

const NAME = () => elicit('What is your name?', 'name')
const responsesTo = ({ mcpReq }: ServerContext, keys: readonly string[]) =>
  keys.map((key) => inputResponse(mcpReq.inputResponses, key))

export const CONTENTS: Record<string, Fixture> = {
  test_simple_text: () => textResult('This is a simple text response for testing.'),
  test_image_content: () => ({ content: [{ type: 'image', data: PNG, mimeType: 'image/png' }] }),
  test_audio_content: () => ({ content: [{ type: 'audio', data: WAV, mimeType: 'audio/wav' }] }),
  test_embedded_resource: () => ({
    content: [
      {
        type: 'resource',
        resource: {
          uri: 'test://embedded-resource',
          mimeType: 'text/plain',
          text: 'This is an embedded resource content.',
        },
      },
    ],
  }),
  test_multiple_content_types: () => ({
    content: [
      { type: 'text', text: 'Multiple content types test:' },
      { type: 'image', data: PNG, mimeType: 'image/png' },
      {
        type: 'resource',
        resource: {
          uri: 'test://mixed-content-resource',
          mimeType: 'application/json',
          text: '{"test":"data","value":123}',
        },
      },
    ],
  }),
  test_error_handling: () => textResult('This tool intentionally returns an error for testing', true),
  async test_tool_with_logging(_, { mcpReq }) {
    for (const text of ['Tool execution started', 'Tool processing data', 'Tool execution completed']) {
      await mcpReq.log('info', text)
      await sleep(50)
    }
    return textResult('Logged.')
  },
  async test_tool_with_progress(_, { mcpReq }) {
    const { progressToken } = mcpReq._meta ?? {}
    for (const progress of [0, 50, 100]) {
      const params = { progressToken, progress, total: 100 }
      if (progressToken !== undefined) await mcpReq.notify({ method: 'notifications/progress', params })
      await sleep(50)
    }
    return textResult('Done.')
  },
  test_logging_tool: () => textResult('Nothing was logged.'),
  test_custom_headers: () => textResult('Received.'),
  json_schema_2020_12_tool: () => textResult('Received.'),
  greet: ({ name }) => textResult(`Hello, ${String(name)}!`),
}

export function questionTools(codec: RequestStateCodec<number>): Record<string, Fixture> {
  /** Asks all questions, then returns the responses as text. The state is signed unless `stateless`. */
  function asking(
    requests: () => Record<string, InputRequest>,
    done = 'state-ok',
    stateless = false,
  ): Fixture {
    return async (_, ctx) => {
      const inputRequests = requests()
      const responses = responsesTo(ctx, Object.keys(inputRequests))
      if (responses.every(({ kind }) => kind !== 'missing'))
        return textResult(`${done} ${JSON.stringify(responses)}`)
      return inputRequired({ inputRequests, ...(!stateless && { requestState: await codec.mint(1, ctx) }) })
    }
  }
  return {
    test_input_required_result_elicitation: asking(() => ({ user_name: NAME() }), 'Hello,', true),
    test_input_required_result_sampling: asking(
      () => ({ capital_question: sample('What is the capital of France?', 100) }),
      'It is',
      true,
    ),
    test_input_required_result_list_roots: asking(
      () => ({ client_roots: inputRequired.listRoots() }),
      'Roots:',
      true,
    ),
    test_input_required_result_request_state: asking(() => ({
      confirm: elicit('Please confirm', 'ok', 'boolean'),
    })),
    test_input_required_result_tampered_state: asking(() => ({
      confirm: elicit('Please confirm', 'ok', 'boolean'),
    })),
    test_input_required_result_multiple_inputs: asking(() => ({
      user_name: NAME(),
      greeting: sample('Generate a greeting', 50),
      client_roots: inputRequired.listRoots(),
    })),
    test_streaming_elicitation: asking(() => ({ user_name: NAME() })),
    async test_input_required_result_multi_round(_, ctx) {
      const round = ctx.mcpReq.requestState<number>() ?? 0
      if (round === 2) return textResult('Done.')
      const request: Record<string, InputRequest> = round
        ? { step2: elicit('Step 2: What is your favorite color?', 'color') }
        : { step1: elicit('Step 1: What is your name?', 'name') }
      return inputRequired({ inputRequests: request, requestState: await codec.mint(round + 1, ctx) })
    },
    test_input_required_result_capabilities(_, ctx) {
      const { elicitation, sampling } = declaredCapabilities(ctx)
      return inputRequired({
        inputRequests: {
          ...(elicitation && { user_name: NAME() }),
          ...(sampling && { greeting: sample('Generate a greeting', 50) }),
        },
      })
    },
    test_missing_capability(_, ctx) {
      if (declaredCapabilities(ctx).sampling) return textResult('Fine.')
      throw new MissingRequiredClientCapabilityError({ requiredCapabilities: { sampling: {} } })
    },
  }
}

export function taskTools(tasks: ReturnType<typeof fixtureTasks>): Record<string, Fixture> {
  const created = (task: Task): CallToolResult => ({ ...task, resultType: 'task', content: [] })
  const assertTasksDeclared = (ctx: ServerContext) => {
    if (!declaresTasks(ctx))
      throw new MissingRequiredClientCapabilityError({
        requiredCapabilities: { extensions: { [TASKS]: {} } },
      })
  }
  return {
    async slow_compute({ seconds }, ctx) {
      const ms = Number(seconds) * 1000
      const result = textResult(`Computed for ${ms} ms.`)
      if (declaresTasks(ctx) && ms > 0) return created(tasks.endsAfter(ms, { status: 'completed', result }))
      await sleep(ms)
      return result
    },
    failing_job(_, ctx) {
      assertTasksDeclared(ctx)
      return created(tasks.endsAfter(500, { status: 'completed', result: textResult('It failed.', true) }))
    },
    protocol_error_job(_, ctx) {
      assertTasksDeclared(ctx)
      return created(
        tasks.endsAfter(200, { status: 'failed', error: { code: -32603, message: 'It broke.' } }),
      )
    },
    confirm_delete(_, ctx) {
      assertTasksDeclared(ctx)
      return created(tasks.asks(['confirm']))
    },
    multi_input(_, ctx) {
      assertTasksDeclared(ctx)
      return created(tasks.asks(['first', 'second']))
    },
    test_tool_with_task(_, ctx) {
      assertTasksDeclared(ctx)
      const [response] = responsesTo(ctx, ['user_name'])
      if (response?.kind !== 'elicit') return inputRequired({ inputRequests: { user_name: NAME() } })
      return created(
        tasks.endsAfter(200, { status: 'completed', result: textResult(JSON.stringify(response.content)) }),
      )
    },
  }
}
