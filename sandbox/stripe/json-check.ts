import type { JsonSchema } from './json-schema.ts'

/** The first place where a value is not what its schema says. */
export interface Misfit {
  why: 'unknown' | 'missing' | 'invalid'
  path: string[]
}

/**
 * Checks the few keywords that the generated schemas use, by looking and not by compiling: a validator for one
 * PaymentIntent takes a second to compile, and each is needed a few times.
 */
export function misfitOf(
  schema: JsonSchema,
  value: unknown,
  definitions: Record<string, JsonSchema>,
  path: string[] = [],
): Misfit | undefined {
  const shape = resolved(schema, definitions)
  const invalid: Misfit = { why: 'invalid', path }
  if (shape.not) return invalid
  if ('const' in shape) return value === shape.const ? undefined : invalid
  if (shape.enum) return (shape.enum as unknown[]).includes(value) ? undefined : invalid
  if (shape.anyOf) return misfitOfAny(shape.anyOf as JsonSchema[], value, definitions, path)
  switch (shape.type) {
    case 'object':
      return misfitOfObject(shape, value, definitions, path)
    case 'array':
      if (!Array.isArray(value)) return invalid
      return first(value, (item, i) =>
        misfitOf(shape.items as JsonSchema, item, definitions, [...path, String(i)]),
      )
    case 'null':
      return value === null ? undefined : invalid
    case undefined:
      return undefined
    default:
      return typeof value === shape.type ? undefined : invalid
  }
}

/** A `$ref` followed to what it names. */
export function resolved(schema: JsonSchema, definitions: Record<string, JsonSchema>): JsonSchema {
  const name = typeof schema.$ref === 'string' ? schema.$ref.replace('#/definitions/', '') : undefined
  return name === undefined ? schema : resolved(definitions[name] ?? {}, definitions)
}

/** Of several shapes none of which fits, the one that got furthest tells what is wrong. */
function misfitOfAny(
  branches: readonly JsonSchema[],
  value: unknown,
  definitions: Record<string, JsonSchema>,
  path: string[],
): Misfit | undefined {
  let furthest: Misfit | undefined
  for (const branch of branches) {
    const misfit = misfitOf(branch, value, definitions, path)
    if (!misfit) return undefined
    if (!furthest || misfit.path.length > furthest.path.length) furthest = misfit
  }
  return furthest
}

function misfitOfObject(
  shape: JsonSchema,
  value: unknown,
  definitions: Record<string, JsonSchema>,
  path: string[],
): Misfit | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { why: 'invalid', path }
  const properties = (shape.properties ?? {}) as Record<string, JsonSchema>
  const others = shape.additionalProperties as JsonSchema | false
  const unfit = first(Object.entries(value), ([key, member]) => {
    if (member === undefined) return undefined
    const of = Object.hasOwn(properties, key) ? properties[key] : others
    return of ? misfitOf(of, member, definitions, [...path, key]) : { why: 'unknown', path: [...path, key] }
  })
  if (unfit) return unfit
  const missing = ((shape.required ?? []) as string[]).find((key) => !(key in value))
  return missing === undefined ? undefined : { why: 'missing', path: [...path, missing] }
}

function first<T>(items: readonly T[], look: (item: T, i: number) => Misfit | undefined): Misfit | undefined {
  for (const [i, item] of items.entries()) {
    const misfit = look(item, i)
    if (misfit) return misfit
  }
  return undefined
}
