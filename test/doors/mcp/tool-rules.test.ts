import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { published } from '../../../src/mcp/transport/published.ts'
import { tools } from '../../../src/mcp/tools/index.ts'

type Json = z.core.JSONSchema.BaseSchema

/** The schema and every schema inside it, with their paths. */
function schemasIn(schema: Json, at = ''): [string, Json][] {
  const { items, anyOf = [], properties = {}, additionalProperties: others, $defs = {} } = schema
  const inner: [string, unknown][] = [
    [`${at}[]`, items],
    ...anyOf.map((one, i): [string, unknown] => [`${at}|${i}`, one]),
    ...Object.entries(properties).map(([key, one]): [string, unknown] => [`${at}.${key}`, one]),
    [`${at}.*`, others],
    ...Object.entries($defs).map(([key, one]): [string, unknown] => [`#${key}`, one]),
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

  test('the published input has one type for each schema, at every depth', () => {
    const input = JSON.stringify(published(tool.input)['~standard'].jsonSchema.input())

    expect(input).not.toContain('"type":[')
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

  test('the published output names every field of the answer and of its rows, and refers only to what it defines', () => {
    const whole: Json = z.toJSONSchema(tool.output, { io: 'output' })
    const lean: Json = published(tool.output)['~standard'].jsonSchema.output()

    expect(Object.keys(lean.properties ?? {})).toEqual(Object.keys(whole.properties ?? {}))
    expect(lean.required).toEqual(whole.required)
    const deep = schemasIn(lean).filter(([at, one]) => isObject(one) && at.split('.').length > 2)
    expect(deep.map(([at]) => at)).toEqual([])
    const referred = JSON.stringify(lean).matchAll(/"\$ref":"#\/\$defs\/(\w+)"/g)
    const defined = Object.keys(lean.$defs ?? {})
    expect(defined).toEqual(expect.arrayContaining([...referred].map(([, name]) => name)))
  })
})

test('only the two tools about operations publish the shape of what to do next', () => {
  const full = tools.filter(({ output }) => {
    const { next_action } = published(output)['~standard'].jsonSchema.output().properties ?? {}
    return typeof next_action === 'object' && next_action.properties
  })

  expect(full.map(({ name }) => name)).toEqual(['get_operation', 'cancel_operation'])
})

test.for(tools.filter((tool) => tool.kind === 'story'))(
  '$name starts the story of the same name and needs an idempotency key',
  ({ name, contract, input }) => {
    expect(contract.story).toBe(name)
    expect(input.shape.idempotency_key?.safeParse(undefined).success).toBe(false)
  },
)
