import { z } from 'zod'
import { isSchema, oneTypeEach } from './one-type.ts'

type Json = z.core.JSONSchema.BaseSchema

const PUBLISHED = new WeakMap<z.ZodObject, ReturnType<typeof publish>>()

/** Turns a schema into short JSON Schema for the SDK, once per process. We validate ourselves, so the SDK accepts everything. */
export function published(schema: z.ZodObject) {
  const known = PUBLISHED.get(schema) ?? publish(schema)
  PUBLISHED.set(schema, known)
  return known
}

function publish(schema: z.ZodObject) {
  // made at the start, so that a schema without JSON Schema stops the start and not each list
  const once = (io: 'input' | 'output') => {
    const { $schema: _, ...json } = z.toJSONSchema(schema, { target: 'draft-2020-12', io, override: shorten })
    const shown = io === 'output' ? lean(json, 0) : oneTypeEach(json)
    return () => shown
  }
  const jsonSchema = { input: once('input'), output: once('output') }
  const validate = (value: unknown) => ({ value })
  return { '~standard': { version: 1, vendor: 'packagento', validate, jsonSchema } } as const
}

/**
 * Removes parts that a model rarely needs, because every model reads the whole list. A refusal names the bounds of a
 * text anyway.
 */
function shorten({ jsonSchema: json, path }: { jsonSchema: Json; path: unknown[] }) {
  delete json.maxLength
  if (json.minLength === 1) delete json.minLength
  if (json.minimum === Number.MIN_SAFE_INTEGER) delete json.minimum
  if (json.maximum === Number.MAX_SAFE_INTEGER) delete json.maximum
  delete json.propertyNames
  delete json.id
  const isOpen =
    typeof json.additionalProperties === 'object' && !Object.keys(json.additionalProperties).length
  if (isOpen || (json.additionalProperties === false && path.length)) delete json.additionalProperties
}

/** How deep an output names the fields of its objects: those of the output, of a row and of the result of an operation. */
const NAMED = 1

/**
 * Leaves out the fields of objects deeper inside, and which fields of an inner object are always there. A model reads
 * them in the answer. Clients validate the answer against the rest. Money has its shape once, in `$defs`.
 */
function lean(json: Json, depth: number): Json {
  if (json.type === 'array') return arrayOf(json, depth)
  if (json.type !== 'object') return json
  const { properties = {}, required, additionalProperties: _, brief, ...rest } = json
  if (brief || depth > NAMED) return rest
  const fields = Object.entries(properties).map(([name, field]): [string, unknown] => [
    name,
    isSchema(field) ? lean(field, depth + 1) : field,
  ])
  return {
    ...rest,
    ...(fields.length && { properties: Object.fromEntries(fields) as Json['properties'] }),
    ...(depth === 0 && required && { required }),
  }
}

function arrayOf({ brief, ...json }: Json, depth: number): Json {
  return isSchema(json.items) ? { ...json, items: lean(json.items, brief ? NAMED + 1 : depth) } : json
}
