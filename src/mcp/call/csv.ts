import { z } from 'zod'

/** The columns of a row's schema, details too; an object inside becomes one column for each of its fields. */
export interface Sheet {
  /** Lines end with CRLF: https://www.rfc-editor.org/rfc/rfc4180 */
  head: string
  line: (row: unknown) => string
}

type Column = { name: string; of: (row: unknown) => string }

export function sheetOf(row: z.ZodObject): Sheet {
  const columns = columnsOf(row)
  return {
    head: lineOf(columns.map(({ name }) => name)),
    line: (values) => lineOf(columns.map(({ of }) => of(values))),
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
    const left = (row: unknown) => (row as Record<string, unknown> | undefined)?.[`more_${key}`]
    return [{ name: key, of: (row: unknown) => textOf(part(row), left(row)) }]
  })
}

/** What a spreadsheet would take for a formula; a number is none. */
const FORMULA = /^[=+\-@\t\r]/

function textOf(value: unknown, left: unknown): string {
  if (value === undefined) return ''
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  const text = typeof value === 'string' ? value : listed(value, left)
  return FORMULA.test(text) ? `'${text}` : text
}

/** Names have no spaces; what is no list of texts is JSON. */
function listed(value: unknown, left: unknown): string {
  if (!Array.isArray(value) || value.some((each) => typeof each !== 'string')) return JSON.stringify(value)
  return [...value, ...(typeof left === 'number' ? [`(and ${left} more)`] : [])].join(' ')
}

const lineOf = (cells: readonly string[]): string => `${cells.map(quoted).join(',')}\r\n`

const quoted = (cell: string): string =>
  /[",\r\n]|^\s|\s$/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
