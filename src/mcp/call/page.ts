import { z } from 'zod'
import { type Sheet, sheetOf } from './csv.ts'
import type { Place } from './cursor.ts'
import { CursorIsForeign } from './errors.ts'
import { type Format, FORMATS, shaped } from './shape.ts'
import type { Context } from './tool.ts'

const DEFAULT_LIMIT = 20
/** In characters of JSON. A page ends after the row that reaches `ENOUGH`, or before a row that would exceed `MAX`. */
const ENOUGH = 24_000
const MAX = 59_000

/** Parameters of every list. */
export const page = {
  limit: z.int().min(1).max(100).optional().describe(`Default: ${DEFAULT_LIMIT}`),
  cursor: z.string().max(500).optional().describe('next_cursor of the page before'),
  response_format: z.enum(FORMATS).optional().describe('Default: concise'),
}

const pageFields = <Row extends z.ZodObject>(row: Row) => ({
  items: z.array(row).optional(),
  csv: z.string().optional(),
  next_cursor: z.string().optional(),
  truncated: z.boolean().optional(),
})

/** A list of one org's rows. */
export const orgListOf = <Row extends z.ZodObject>(row: Row) =>
  z.looseObject({ org: z.string(), ...pageFields(row) })

/** A list that does not belong to one org. */
export const listOf = <Row extends z.ZodObject>(row: Row) => z.looseObject(pageFields(row))

export interface Pages<Row, Shown extends z.ZodObject> {
  /** What a model sees of a row. It sees `detail` fields only when it asks for details or for CSV. */
  row: Shown
  place: Place
  page: { limit?: number | undefined; cursor?: string | undefined; response_format?: Format | undefined }
  /** Reads at most `limit` rows after the row with that key. */
  read: (range: { limit: number; after: string | undefined }) => Promise<Row[]>
  keyOf: (row: Row) => string
  show: (row: Row) => z.input<Shown>
}

/** A type and not an interface, because outputs need its index signature. */
export type Page<Shown extends z.ZodObject> = {
  items?: z.input<Shown>[]
  csv?: string
  truncated?: boolean
  next_cursor?: string
}

/** Returns one page, with a cursor when there is another. It reads one more row to find that out. */
export async function pageOf<Row, Shown extends z.ZodObject>(
  { cursors }: Pick<Context, 'cursors'>,
  { row: schema, place, page: args, read, keyOf, show }: Pages<Row, Shown>,
): Promise<Page<Shown>> {
  const { limit = DEFAULT_LIMIT, cursor, response_format: format = 'concise' } = args
  const after = cursor === undefined ? undefined : cursors.open(place, cursor)
  const rows = await read({ limit: limit + 1, after })
  const sheet = format === 'csv' ? sheetOf(schema) : undefined
  const wanted = rows.slice(0, limit).map((row) => shaped(schema, show(row), format) as z.input<Shown>)
  const items = fitting(wanted, sheet)
  const last = rows[items.length - 1]
  return {
    ...(sheet ? { csv: sheet.head + items.map(sheet.line).join('') } : { items }),
    ...(items.length < wanted.length && { truncated: true }),
    ...(last && items.length < rows.length && { next_cursor: cursors.sign(place, keyOf(last)) }),
  }
}

/** Whether a page has no row. A CSV without rows is its head. */
export const isEmpty = ({ items, csv }: Pick<Page<z.ZodObject>, 'items' | 'csv'>): boolean =>
  items ? !items.length : !csv?.trimEnd().includes('\n')

/** Returns as many of the first rows as a model can read at once, and at least one. */
export function fitting<Row>(rows: readonly Row[], sheet?: Sheet): Row[] {
  let size = 0
  const end = rows.findIndex((row, at) => {
    const before = size
    size += JSON.stringify(sheet ? sheet.line(row) : row).length
    return at > 0 && (before >= ENOUGH || size > MAX)
  })
  return rows.slice(0, end === -1 ? rows.length : end)
}

/** Pages a short list that was read as a whole. Refuses a cursor whose row is no longer in the list. */
export const inMemory = <Row extends { id: string }>(rows: readonly Row[]) => ({
  async read({ limit, after }: { limit: number; after: string | undefined }) {
    const last = rows.findIndex(({ id }) => id === after)
    if (after !== undefined && last === -1) throw new CursorIsForeign()
    return rows.slice(last + 1, last + 1 + limit)
  },
  keyOf: ({ id }: Row) => id,
})
