import { randomBytes } from 'node:crypto'
import {
  createMcpHandler,
  createRequestStateCodec,
  fromJsonSchema,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
} from '@modelcontextprotocol/server'
import { z } from 'zod'
import { TASKS } from '../../src/mcp/transport/capabilities.ts'
import type { ServerOptions } from '../../src/mcp/transport/server-options.ts'
import { serveTasks } from '../../src/mcp/transport/tasks.ts'
import { registerPrompts, registerResources } from './fixture-contents.ts'
import { fixtureTasks } from './fixture-tasks.ts'
import { CONTENTS, type Fixture, questionTools, taskTools } from './fixture-tools.ts'

const INPUTS: Record<string, z.ZodObject> = {
  greet: z.object({ name: z.string().optional() }),
  slow_compute: z.object({ seconds: z.number().optional(), label: z.string().optional() }),
  confirm_delete: z.object({ filename: z.string().optional() }),
  test_custom_headers: z.object({ region: z.string().meta({ 'x-mcp-header': 'Region' }) }),
}

/** The schema that the scenario `json-schema-2020-12` expects unchanged. */
const JSON_SCHEMA = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  $defs: {
    address: {
      $anchor: 'addressDef',
      type: 'object',
      properties: { street: { type: 'string' }, city: { type: 'string' } },
    },
  },
  properties: {
    name: { type: 'string' },
    address: { $ref: '#/$defs/address' },
    contactMethod: { type: 'string', enum: ['phone', 'email'] },
    phone: { type: 'string' },
    email: { type: 'string' },
  },
  allOf: [{ anyOf: [{ required: ['phone'] }, { required: ['email'] }] }],
  if: { properties: { contactMethod: { const: 'phone' } }, required: ['contactMethod'] },
  // oxlint-disable-next-line unicorn/no-thenable -- a keyword of JSON Schema, which no code awaits
  then: { required: ['phone'] },
  else: { required: ['email'] },
  additionalProperties: false,
} as const

const NO_CACHE = { ttlMs: 0, cacheScope: 'private' } as const
const CAPABILITIES = {
  tools: { listChanged: true },
  prompts: { listChanged: true },
  resources: { listChanged: false, subscribe: true },
  completions: {},
  logging: {},
}

/**
 * A server with the fixtures of the conformance suite. It runs behind our door and with our Tasks adapter.
 */
export function fixtureServer({ log }: ServerOptions) {
  const codec = createRequestStateCodec<number>({ key: randomBytes(32) })
  const inMemory = fixtureTasks()
  const changes: Record<string, Fixture> = {
    test_trigger_tool_change() {
      handler.notify.toolsChanged()
      return { content: [] }
    },
    test_trigger_prompt_change() {
      handler.notify.promptsChanged()
      return { content: [] }
    },
  }
  const fixtures = new Map(
    Object.entries({ ...CONTENTS, ...questionTools(codec), ...taskTools(inMemory), ...changes }),
  )

  const handler = createMcpHandler(({ era }) => {
    const server = new McpServer(
      { name: 'fixtures', version: '1.0.0' },
      {
        capabilities: { ...CAPABILITIES, ...(era === 'modern' && { extensions: { [TASKS]: {} } }) },
        requestState: { verify: (state, ctx) => codec.verify(state, ctx) },
        cacheHints: { 'tools/list': NO_CACHE },
      },
    )
    registerResources(server)
    registerPrompts(server)
    for (const name of fixtures.keys()) {
      const inputSchema =
        name === 'json_schema_2020_12_tool' ? fromJsonSchema(JSON_SCHEMA) : (INPUTS[name] ?? z.object({}))
      server.registerTool(name, { description: 'A fixture', inputSchema }, async () => ({ content: [] }))
    }
    // the handler of the SDK turns an error of a tool into its result, but some fixtures have to fail
    server.server.setRequestHandler('tools/call', async ({ params }, ctx) => {
      const fixture = fixtures.get(params.name)
      if (!fixture) throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Tool ${params.name} not found`)
      return fixture(params.arguments ?? {}, ctx)
    })
    if (era === 'legacy') {
      server.server.setRequestHandler('resources/subscribe', () => ({}))
      server.server.setRequestHandler('resources/unsubscribe', () => ({}))
    }
    if (era === 'modern') serveTasks(server, { tasksOf: () => inMemory.tasks, refused: async () => {}, log })
    return server
  })
  return handler
}
