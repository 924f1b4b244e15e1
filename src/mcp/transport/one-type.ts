import type { z } from 'zod'

type Json = z.core.JSONSchema.BaseSchema

/** Keywords with one schema, with a list of schemas, and with schemas by name. */
const ONE = ['items', 'additionalProperties', 'contains', 'not'] as const
const LISTS = ['anyOf', 'oneOf', 'allOf', 'prefixItems'] as const
const BY_NAME = ['properties', 'patternProperties', '$defs'] as const

const OF_NUMBERS = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'multipleOf']
/** Keywords that count for one type only. Each of the others, such as `description` and `enum`, counts for all types. */
const OF_TYPE: Record<string, readonly string[]> = {
  string: ['minLength', 'maxLength', 'pattern', 'format', 'contentEncoding', 'contentMediaType'],
  number: OF_NUMBERS,
  integer: OF_NUMBERS,
  array: ['items', 'prefixItems', 'contains', 'minItems', 'maxItems', 'uniqueItems'],
  object: [
    'properties',
    'patternProperties',
    'additionalProperties',
    'propertyNames',
    'required',
    'minProperties',
    'maxProperties',
  ],
}

/** Writes several types of a schema as alternatives, at every depth: some clients take only one type for each schema. */
export function oneTypeEach(json: Json): Json {
  const schema = withInner(json)
  const { type, ...rest } = schema
  if (!Array.isArray(type)) return schema
  const entries = Object.entries(rest)
  const alternatives = (type as string[]).map((each) => ({
    type: each,
    ...Object.fromEntries(entries.filter(([keyword]) => OF_TYPE[each]?.includes(keyword))),
  }))
  const isOfAType = (keyword: string) => type.some((each: string) => OF_TYPE[each]?.includes(keyword))
  const shared = Object.fromEntries(entries.filter(([keyword]) => !isOfAType(keyword)))
  if (!('anyOf' in shared)) return { ...shared, anyOf: alternatives } as Json
  return { ...shared, allOf: [...(rest.allOf ?? []), { anyOf: alternatives }] } as Json
}

/** The schema, with each schema inside it rewritten. */
function withInner(json: Json): Json {
  const rewritten: Record<string, unknown> = { ...json }
  for (const keyword of ONE) if (isSchema(json[keyword])) rewritten[keyword] = oneTypeEach(json[keyword])
  for (const keyword of LISTS) {
    const list: unknown = json[keyword]
    if (Array.isArray(list)) rewritten[keyword] = list.map(innerOf)
  }
  for (const keyword of BY_NAME) {
    const schemas: unknown = json[keyword]
    if (isSchema(schemas))
      rewritten[keyword] = Object.fromEntries(
        Object.entries(schemas).map(([name, one]): [string, unknown] => [name, innerOf(one)]),
      )
  }
  return rewritten as Json
}

const innerOf = (one: unknown): unknown => (isSchema(one) ? oneTypeEach(one) : one)

export const isSchema = (json: unknown): json is Json =>
  typeof json === 'object' && json !== null && !Array.isArray(json)
