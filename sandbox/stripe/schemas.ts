import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { type Mismatch, mismatchOf, resolved } from './json-check.ts'
import type { JsonSchema, Route, Schemas } from './json-schema.ts'
import { sdkVersion } from './sdk.ts'

const GENERATOR = ['generate-schemas.ts', 'schema-walker.ts']

const loaded = new Map<string, Promise<Schemas>>()

/**
 * Returns the schemas of the installed SDK from the cache, which is read once by each process. Generates them (2 s) and
 * stores them there when they are missing. Nobody may change them.
 */
export function loadSchemas(cache: string): Promise<Schemas> {
  const schemas = loaded.get(cache) ?? readOrGenerate(cache)
  loaded.set(cache, schemas)
  return schemas
}

async function readOrGenerate(cache: string): Promise<Schemas> {
  const file = path.join(cache, `${sdkVersion()}-${generatorVersion()}.json`)
  if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')) as Schemas
  const { generateSchemas } = await import('./generate-schemas.ts') // loaded only when needed, because the compiler is slow to load
  const schemas = generateSchemas()
  fs.mkdirSync(cache, { recursive: true })
  const partial = `${file}.${process.pid}`
  fs.writeFileSync(partial, JSON.stringify(schemas))
  fs.renameSync(partial, file)
  return schemas
}

/** Part of the cache's name, so that a cache of an older generator is not used. */
function generatorVersion(): string {
  const hash = createHash('sha256')
  for (const name of GENERATOR) hash.update(fs.readFileSync(path.join(import.meta.dirname, name)))
  return hash.digest('hex').slice(0, 12)
}

export interface ParameterFault {
  code: 'parameter_unknown' | 'parameter_missing' | 'parameter_invalid'
  /** As Stripe spells it: `card[number]`. */
  param: string
}

export interface Checks {
  /** Turns the texts of a form into the types of the schema, or returns the first fault. */
  params: (
    route: Route,
    form: Record<string, unknown>,
  ) => { params: Record<string, unknown> } | ParameterFault
  /** True when the answer of a call, or each item of its list, has the field that the path begins with. */
  isMember: (route: Route, path: string) => boolean
  /** Returns a mismatch in an answer, or undefined. Call it before ids in the answer are expanded. */
  answer: (route: Route, body: unknown) => string | undefined
}

export function checksOf({ definitions }: Pick<Schemas, 'definitions'>): Checks {
  const mismatch = (name: string, value: unknown) =>
    mismatchOf({ $ref: `#/definitions/${name}` }, value, definitions)
  return {
    params({ params: name }, form) {
      if (!name) return { params: form }
      const params = coerce({ $ref: `#/definitions/${name}` }, form, definitions) as Record<string, unknown>
      const wrong = mismatch(name, params)
      return wrong ? faultOf(wrong) : { params }
    },
    isMember({ answer: name, isList }, path) {
      const [first = '', second = ''] = path.split('.')
      const schema = resolved({ $ref: `#/definitions/${name}` }, definitions)
      const properties = (schema.properties ?? {}) as Record<string, JsonSchema>
      return isList ? first === 'data' && Object.hasOwn(properties, second) : Object.hasOwn(properties, first)
    },
    answer({ answer: name, isList }, body) {
      const items = isList ? ((body as { data?: unknown[] }).data ?? [undefined]) : [body]
      const wrong = items.map((item) => mismatch(name, item)).find(Boolean)
      return wrong && `${name}: ${wrong.path.join('.')} is ${wrong.why}`
    },
  }
}

function faultOf({ why, path: [first = '', ...rest] }: Mismatch): ParameterFault {
  return { code: `parameter_${why}`, param: first + rest.map((part) => `[${part}]`).join('') }
}

/** A form contains only text. This turns it into numbers, booleans and lists where the schema has them. */
function coerce(schema: JsonSchema, value: unknown, definitions: Record<string, JsonSchema>): unknown {
  const shape = resolved(schema, definitions)
  const branches = (shape.anyOf as JsonSchema[] | undefined)?.map((branch) =>
    resolved(branch, definitions),
  ) ?? [shape]
  if (typeof value === 'string') return coerceText(branches, value)
  if (Array.isArray(value)) {
    const items = branches.find(({ type }) => type === 'array')?.items as JsonSchema | undefined
    return items ? value.map((item) => coerce(items, item, definitions)) : value
  }
  if (typeof value !== 'object' || value === null) return value
  const object = branches.find(({ type }) => type === 'object')
  const properties = (object?.properties ?? {}) as Record<string, JsonSchema>
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => {
      const of = properties[key]
      return [key, of ? coerce(of, member, definitions) : member]
    }),
  )
}

function coerceText(branches: readonly JsonSchema[], text: string): unknown {
  const wants = (type: string) => branches.some((branch) => branch.type === type)
  const isLiteral = branches.some(
    (b) => b.const === text || (b.enum as unknown[] | undefined)?.includes(text),
  )
  if (isLiteral) return text
  if (wants('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  if (wants('number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  return text
}
