import { randomUUID } from 'node:crypto'
import type { ListedTool, Schema } from './client.ts'
import type { Facts } from './facts.ts'
import { wordsIn } from './words.ts'

/** Values that earlier answers had, by the name of their field. */
export type Memory = ReadonlyMap<string, unknown>

export interface Filled {
  input: Record<string, unknown>
  /** Required, and not in the task. */
  missing: string[]
}

/** Fills the parameters of a tool with what the task names. */
export function filled({ inputSchema }: ListedTool, facts: Facts, memory: Memory): Filled {
  const { properties = {}, required = [] } = inputSchema
  const input: Record<string, unknown> = {}
  const names = Object.keys(properties)
  for (const [name, schema] of Object.entries(properties)) {
    if (isPartOfAnother(name, names, facts)) continue
    const value = valueFor(name, schema, facts, { memory, isRequired: required.includes(name) })
    if (value !== undefined) input[name] = value
  }
  return { input, missing: required.filter((name) => !(name in input)) }
}

/** `project` is not meant where the task says `new project` and there is such a parameter. */
const isPartOfAnother = (name: string, names: readonly string[], { words }: Facts): boolean =>
  names.some((other) => {
    const longer = wordsIn(other)
    return (
      longer.length > wordsIn(name).length &&
      wordsIn(name).every((word) => longer.includes(word)) &&
      longer.every((word) => words.includes(word))
    )
  })

interface About {
  memory: Memory
  isRequired: boolean
}

function valueFor(name: string, schema: Schema, facts: Facts, { memory, isRequired }: About): unknown {
  if (Object.hasOwn(facts.files, name)) return facts.files[name]
  const isNamed = wordsIn(name).every((word) => facts.words.includes(word))
  if (name.endsWith('key')) return isRequired ? randomUUID() : undefined
  if (schema.type === 'array') return listFor(name, schema, facts)
  if (schema.type === 'object') return isNamed ? objectFor(schema, facts, memory) : undefined
  if (schema.type === 'boolean') return isNamed || undefined
  if (schema.enum)
    return schema.enum.find((choice) => wordsIn(choice).every((word) => facts.words.includes(word)))
  if (schema.type === 'integer') return isNamed ? numberBefore(name, facts.text) : undefined
  if (schema.type !== 'string') return undefined
  if (name.startsWith('package')) return facts.packages[0]
  const after = valueAfter(name, facts.text)
  if (after !== undefined) return after
  if (isNamed && memory.has(name)) return memory.get(name)
  if (isNamed && facts.quoted.length) return facts.quoted[0]
  if (isFree(name, schema) && facts.free) return facts.free
  return isRequired && name === 'name' ? facts.quoted[0] : undefined
}

const isFree = (name: string, { description = '' }: Schema): boolean =>
  name === 'query' || name === 'reason' || /\bwords?\b/i.test(description)

/** `project staging-shop`, `quote quo_1`, `works with 2.4.6`, `email dana@example.test`: the value has a sign that no word of a sentence has. */
function valueAfter(name: string, text: string): string | undefined {
  const spoken = name.replaceAll('_', '[ _]').replace(/\[ _\]id$/, '')
  return new RegExp(`\\b${spoken} ([a-z\\d]+[-_.@][\\w.@-]*\\w)`, 'i').exec(text)?.[1]
}

function numberBefore(name: string, text: string): number | undefined {
  const found = new RegExp(`(\\d+) ${name.split('_').at(-1) ?? name}`, 'i').exec(text)?.[1]
  return found === undefined ? undefined : Number(found)
}

function listFor(name: string, schema: Schema, { packages, urls }: Facts): unknown[] | undefined {
  if (schema.items?.type === 'object') return undefined
  const values = name.startsWith('package') ? packages : urls
  return values.length ? values : undefined
}

function objectFor({ properties = {}, required = [] }: Schema, facts: Facts, memory: Memory) {
  const named = { ...facts, words: facts.words.concat(required) }
  const entries = Object.entries(properties).flatMap(([name, schema]): [string, unknown][] => {
    const value = valueFor(name, schema, named, { memory, isRequired: required.includes(name) })
    return value === undefined ? [] : [[name, value]]
  })
  return entries.length ? Object.fromEntries(entries) : undefined
}
