import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { tools } from '../../../src/mcp/tools/index.ts'

type Json = z.core.JSONSchema.BaseSchema

/** The schema and every schema inside it, with their paths. */
function schemasIn(schema: Json, at = ''): [string, Json][] {
  const { items, anyOf = [], properties = {}, additionalProperties: others } = schema
  const inner: [string, unknown][] = [
    [`${at}[]`, items],
    ...anyOf.map((one, i): [string, unknown] => [`${at}|${i}`, one]),
    ...Object.entries(properties).map(([key, one]): [string, unknown] => [`${at}.${key}`, one]),
    [`${at}.*`, others],
  ]
  const nested = inner.flatMap(([path, one]) =>
    typeof one === 'object' && one !== null ? schemasIn(one as Json, path) : [],
  )
  return [[at, schema], ...nested]
}

const schemaOf = (schema: z.ZodObject, io: 'input' | 'output') => schemasIn(z.toJSONSchema(schema, { io }))
const isObject = ({ properties }: Json) => properties !== undefined

describe.for(tools.map((tool) => [tool.name, tool] as const))('%s', ([name, tool]) => {
  test('the input schema allows no unknown fields and limits every text and list', () => {
    const input = schemaOf(tool.input, 'input')

    const open = input.filter(([, one]) => isObject(one) && one.additionalProperties !== false)
    const boundless = input.filter(
      ([, { type, maxLength, maxItems, enum: choices }]) =>
        (type === 'string' && maxLength === undefined && !choices) ||
        (type === 'array' && maxItems === undefined),
    )
    expect([...open, ...boundless].map(([path]) => path)).toEqual([])
    expect(name).toMatch(/^[a-z_]{3,64}$/)
  })

  test('only read tools are marked read-only, and only tools that create or start something take an idempotency key', () => {
    const takesAKey = 'idempotency_key' in tool.input.shape
    const reads = tool.kind === 'read' || name === 'get_operation'

    expect(tool.hints.readOnly).toBe(reads)
    expect(takesAKey).toBe(tool.kind === 'story' || tool.kind === 'creation')
  })

  test('the output schema allows unknown fields and no null', () => {
    const output = schemaOf(tool.output, 'output')

    const closed = output.filter(([, one]) => isObject(one) && one.additionalProperties === false)
    expect(closed.map(([path]) => path)).toEqual([])
    expect(output.filter(([, { type }]) => type === 'null')).toEqual([])
  })
})

test.for(tools.filter((tool) => tool.kind === 'story'))(
  '$name starts the story of the same name and needs an idempotency key',
  ({ name, contract, input }) => {
    expect(contract.story).toBe(name)
    expect(input.shape.idempotency_key?.safeParse(undefined).success).toBe(false)
  },
)
