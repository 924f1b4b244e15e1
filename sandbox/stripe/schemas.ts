import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { generateSchemas, sdkVersion } from './generate-schemas.ts'
import { type Misfit, misfitOf, resolved } from './json-check.ts'
import type { JsonSchema, Route, Schemas } from './json-schema.ts'

const GENERATOR = ['generate-schemas.ts', 'schema-walker.ts']

/** The schemas of the installed SDK: read from the cache, else generated (2 s) and kept there for the next start. */
export function loadSchemas(cache: string): Schemas {
  const file = path.join(cache, `${sdkVersion()}-${generatorVersion()}.json`)
  if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')) as Schemas
  const schemas = generateSchemas()
  fs.mkdirSync(cache, { recursive: true })
  const half = `${file}.${process.pid}`
  fs.writeFileSync(half, JSON.stringify(schemas))
  fs.renameSync(half, file)
  return schemas
}

/** A cache of another list of resources, or by another walker, is none. */
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
  /** Text of a form turned into what the schema wants, or the first fault. */
  params: (
    route: Route,
    form: Record<string, unknown>,
  ) => { params: Record<string, unknown> } | ParameterFault
  /** Whether what a call answers, or each item of its list, has such a member; of a longer path the first one. */
  isMember: (route: Route, path: string) => boolean
  /** What is wrong with an answer whose references are ids still, or nothing. */
  answer: (route: Route, body: unknown) => string | undefined
}

export function checksOf({ definitions }: Pick<Schemas, 'definitions'>): Checks {
  const misfit = (name: string, value: unknown) =>
    misfitOf({ $ref: `#/definitions/${name}` }, value, definitions)
  return {
    params({ params: name }, form) {
      if (!name) return { params: form }
      const params = coerce({ $ref: `#/definitions/${name}` }, form, definitions) as Record<string, unknown>
      const wrong = misfit(name, params)
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
      const wrong = items.map((item) => misfit(name, item)).find(Boolean)
      return wrong && `${name}: ${wrong.path.join('.')} is ${wrong.why}`
    },
  }
}

function faultOf({ why, path: [first = '', ...rest] }: Misfit): ParameterFault {
  return { code: `parameter_${why}`, param: first + rest.map((part) => `[${part}]`).join('') }
}

/** A form knows text only: numbers, booleans and lists are what the schema says they are. */
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
