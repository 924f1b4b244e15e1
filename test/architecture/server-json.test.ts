import { expect, test } from 'vitest'
import { z } from 'zod'
import manifest from '../../package.json' with { type: 'json' }
import server from '../../server.json' with { type: 'json' }

const input = z.strictObject({
  description: z.string(),
  placeholder: z.string(),
  isRequired: z.boolean(),
})

/**
 * The part of the published schema that our file uses, with its limits. Its repository also has the rules of the public
 * registry: https://github.com/modelcontextprotocol/registry/blob/main/docs/reference/server-json
 */
const serverJson = z.strictObject({
  $schema: z.literal('https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json'),
  name: z
    .string()
    .min(3)
    .max(200)
    .regex(/^[a-zA-Z0-9.-]+\/[a-zA-Z0-9._-]+$/),
  title: z.string().min(1).max(100),
  description: z.string().min(1).max(100),
  version: z
    .string()
    .max(255)
    .regex(/^\d+\.\d+\.\d+$/),
  remotes: z.tuple([
    z.strictObject({
      type: z.literal('streamable-http'),
      url: z.string().regex(/^https?:\/\/[^\s]+$/),
      variables: z.record(z.string(), input),
    }),
  ]),
})

test('server.json has the form that the public registry of MCP servers accepts', () => {
  expect(serverJson.parse(server)).toEqual(server)
})

test('the address in server.json has a variable host, and becomes the endpoint of a market', () => {
  const [{ url, variables }] = serverJson.parse(server).remotes
  const named = [...url.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)

  expect(named).toEqual(Object.keys(variables))
  expect(named).toEqual(['host'])
  expect(new URL(url.replace('{host}', 'market.example')).href).toBe('https://market.example/mcp')
})

test('server.json names the version of this release', () => {
  expect(server.version).toBe(manifest.version)
})
