import { z } from 'zod'
import { csvLine, csvText } from '#kernel/csv'

/**
 * A CSV table. It has a column for each field of the row's schema, details included, and for each field of an inner
 * object.
 */
export interface Sheet {
  head: string
  line: (row: unknown) => string
}

type Column = { name: string; of: (row: unknown) => string }

export function sheetOf(row: z.ZodObject): Sheet {
  const columns = columnsOf(row)
  return {
    head: csvLine(columns.map(({ name }) => name)),
    line: (values) => csvLine(columns.map(({ of }) => of(values))),
  }
}

function columnsOf({ shape }: z.ZodObject): Column[] {
  return Object.entries(shape).flatMap(([key, field]) => {
    const schema: unknown = field instanceof z.ZodOptional ? field.unwrap() : field
    const part = (row: unknown) => (row as Record<string, unknown> | undefined)?.[key]
    if (schema instanceof z.ZodObject)
      return columnsOf(schema).map(({ name, of }) => ({
        name: `${key}.${name}`,
        of: (row: unknown) => of(part(row)),
      }))
    const omitted = (row: unknown) => (row as Record<string, unknown> | undefined)?.[`more_${key}`]
    return [{ name: key, of: (row: unknown) => textOf(part(row), omitted(row)) }]
  })
}

function textOf(value: unknown, omitted: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  return csvText(typeof value === 'string' ? value : listed(value, omitted))
}

/** Joins a list of texts by spaces, because names have none. Any other value becomes JSON. */
function listed(value: unknown, omitted: unknown): string {
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'string')) return JSON.stringify(value)
  return [...value, ...(typeof omitted === 'number' ? [`(and ${omitted} more)`] : [])].join(' ')
}
