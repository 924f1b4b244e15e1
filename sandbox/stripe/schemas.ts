import fs from 'node:fs'
import path from 'node:path'
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv'
import { generateSchemas, type JsonSchema, type Route, type Schemas, sdkVersion } from './generate-schemas.ts'

/** The schemas of the installed SDK: read from the cache, else generated (2 s) and kept there for the next start. */
export function loadSchemas(cache: string): Schemas {
  const file = path.join(cache, `${sdkVersion()}.json`)
  if (fs.existsSync(file)) return JSON.parse(fs.readFileSync(file, 'utf8')) as Schemas
  const schemas = generateSchemas()
  fs.mkdirSync(cache, { recursive: true })
  const half = `${file}.${process.pid}`
  fs.writeFileSync(half, JSON.stringify(schemas))
  fs.renameSync(half, file)
  return schemas
}

export interface ParameterFault {
  code: 'parameter_unknown' | 'parameter_missing' | 'parameter_invalid'
  /** As Stripe spells it: `card[number]`. */
  param: string
}

export interface Checks {
  /** Text of a form turned into what the schema wants, or the first fault. */
  params: (route: Route, form: Record<string, unknown>) => { params: Record<string, unknown> } | ParameterFault
  /** What is wrong with an answer, or nothing. */
  answer: (route: Route, body: unknown) => string | undefined
}

/** Validators are compiled when they are first needed: all of them take half a second. */
export function checksOf({ definitions }: Pick<Schemas, 'definitions'>): Checks {
  const ajv = new Ajv({ strict: false, allErrors: false, verbose: true })
  ajv.addSchema({ $id: 'stripe', definitions })
  const compiled = new Map<string, ValidateFunction>()
  const validator = (name: string) => {
    const known = compiled.get(name)
    if (known) return known
    const made = ajv.compile({ $ref: `stripe#/definitions/${name}` })
    compiled.set(name, made)
    return made
  }
  return {
    params({ params: name }, form) {
      if (!name) return { params: form }
      const params = coerce({ $ref: `#/definitions/${name}` }, form, definitions) as Record<string, unknown>
      const validate = validator(name)
      return validate(params) ? { params } : faultOf(validate.errors ?? [])
    },
    answer({ answer: name, isList }, body) {
      const validate = validator(name)
      const items = isList ? ((body as { data?: unknown[] }).data ?? [undefined]) : [body]
      for (const item of items)
        if (!validate(item)) {
          const [error] = validate.errors ?? []
          return `${name}${error?.instancePath} ${error?.message} ${JSON.stringify(error?.params)}`
        }
      return undefined
    },
  }
}

function faultOf(errors: readonly ErrorObject[]): ParameterFault {
  const telling = errors.find(({ keyword }) => keyword === 'additionalProperties') ?? errors[0]
  const at = telling?.instancePath.split('/').slice(1) ?? []
  const { additionalProperty, missingProperty } = telling?.params ?? {}
  const [first = '', ...rest] = [...at, additionalProperty ?? missingProperty].filter(Boolean)
  const param = first + rest.map((part) => `[${part}]`).join('')
  if (additionalProperty) return { code: 'parameter_unknown', param }
  return { code: missingProperty ? 'parameter_missing' : 'parameter_invalid', param }
}

/** A form knows text only: numbers, booleans and lists are what the schema says they are. */
function coerce(schema: JsonSchema, value: unknown, definitions: Record<string, JsonSchema>): unknown {
  const shape = resolved(schema, definitions)
  const branches = (shape.anyOf as JsonSchema[] | undefined)?.map((branch) => resolved(branch, definitions)) ?? [shape]
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
  const isLiteral = branches.some((b) => b.const === text || (b.enum as unknown[] | undefined)?.includes(text))
  if (isLiteral) return text
  if (wants('boolean') && (text === 'true' || text === 'false')) return text === 'true'
  if (wants('number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  return text
}

function resolved(schema: JsonSchema, definitions: Record<string, JsonSchema>): JsonSchema {
  const name = typeof schema.$ref === 'string' ? schema.$ref.replace('#/definitions/', '') : undefined
  return name === undefined ? schema : resolved(definitions[name] ?? {}, definitions)
}
