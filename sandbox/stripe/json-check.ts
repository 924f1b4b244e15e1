import type { JsonSchema } from './json-schema.ts'

/** The first place where a value does not match its schema. */
export interface Mismatch {
  why: 'unknown' | 'missing' | 'invalid'
  path: string[]
}

/**
 * Returns the first mismatch, or undefined. Knows only the keywords that the generated schemas use. It interprets the
 * schema, because the compilation of a validator for one PaymentIntent takes a second.
 */
export function mismatchOf(
  schema: JsonSchema,
  value: unknown,
  definitions: Record<string, JsonSchema>,
  path: string[] = [],
): Mismatch | undefined {
  const shape = resolved(schema, definitions)
  const invalid: Mismatch = { why: 'invalid', path }
  if (shape.not) return invalid
  if ('const' in shape) return value === shape.const ? undefined : invalid
  if (shape.enum) return (shape.enum as unknown[]).includes(value) ? undefined : invalid
  if (shape.anyOf) return mismatchOfAny(shape.anyOf as JsonSchema[], value, definitions, path)
  switch (shape.type) {
    case 'object':
      return mismatchOfObject(shape, value, definitions, path)
    case 'array':
      if (!Array.isArray(value)) return invalid
      return first(value, (item, i) =>
        mismatchOf(shape.items as JsonSchema, item, definitions, [...path, String(i)]),
      )
    case 'null':
      return value === null ? undefined : invalid
    case undefined:
      return undefined
    default:
      return typeof value === shape.type ? undefined : invalid
  }
}

/** Follows a `$ref` to its definition. */
export function resolved(schema: JsonSchema, definitions: Record<string, JsonSchema>): JsonSchema {
  const name = typeof schema.$ref === 'string' ? schema.$ref.replace('#/definitions/', '') : undefined
  return name === undefined ? schema : resolved(definitions[name] ?? {}, definitions)
}

/** Returns undefined when one branch matches, or else the mismatch that is deepest inside the value. */
function mismatchOfAny(
  branches: readonly JsonSchema[],
  value: unknown,
  definitions: Record<string, JsonSchema>,
  path: string[],
): Mismatch | undefined {
  let furthest: Mismatch | undefined
  for (const branch of branches) {
    const mismatch = mismatchOf(branch, value, definitions, path)
    if (!mismatch) return undefined
    if (!furthest || mismatch.path.length > furthest.path.length) furthest = mismatch
  }
  return furthest
}

function mismatchOfObject(
  shape: JsonSchema,
  value: unknown,
  definitions: Record<string, JsonSchema>,
  path: string[],
): Mismatch | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { why: 'invalid', path }
  const properties = (shape.properties ?? {}) as Record<string, JsonSchema>
  const others = shape.additionalProperties as JsonSchema | false
  const inMember = first(Object.entries(value), ([key, member]) => {
    if (member === undefined) return undefined
    const of = Object.hasOwn(properties, key) ? properties[key] : others
    return of ? mismatchOf(of, member, definitions, [...path, key]) : { why: 'unknown', path: [...path, key] }
  })
  if (inMember) return inMember
  const missing = ((shape.required ?? []) as string[]).find((key) => !(key in value))
  return missing === undefined ? undefined : { why: 'missing', path: [...path, missing] }
}

function first<T>(
  items: readonly T[],
  look: (item: T, i: number) => Mismatch | undefined,
): Mismatch | undefined {
  for (const [i, item] of items.entries()) {
    const mismatch = look(item, i)
    if (mismatch) return mismatch
  }
  return undefined
}
