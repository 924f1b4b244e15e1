import { z } from 'zod'
import type { Place } from './cursor.ts'
import type { Context } from './tool.ts'

const DEFAULT_LIMIT = 20

/** Parameters of every list. */
export const page = {
  limit: z.int().min(1).max(100).optional().describe('Default 20'),
  cursor: z.string().max(500).optional().describe('next_cursor of the page before'),
}

const nextCursor = z.string().optional().describe('Present when there is more')

/** A list of one org's rows. */
export const orgListOf = <Row extends z.ZodObject>(row: Row) =>
  z.looseObject({ org: z.string(), items: z.array(row), next_cursor: nextCursor })

/** A list that is about no org. */
export const listOf = <Row extends z.ZodObject>(row: Row) =>
  z.looseObject({ items: z.array(row), next_cursor: nextCursor })

export interface Pages<Row, Shown> {
  place: Place
  page: { limit?: number | undefined; cursor?: string | undefined }
  /** Reads at most `limit` rows after the row with that key. */
  read: (range: { limit: number; after: string | undefined }) => Promise<Row[]>
  keyOf: (row: Row) => string
  show: (row: Row) => Shown
}

/** One page, with a cursor when there is another: one row more than asked for is read to know. */
export async function pageOf<Row, Shown>(
  { cursors }: Pick<Context, 'cursors'>,
  { place, page: { limit = DEFAULT_LIMIT, cursor }, read, keyOf, show }: Pages<Row, Shown>,
): Promise<{ items: Shown[]; next_cursor?: string }> {
  const after = cursor === undefined ? undefined : cursors.open(place, cursor)
  const rows = await read({ limit: limit + 1, after })
  const shown = rows.slice(0, limit)
  const last = shown.at(-1)
  const more = rows.length > limit && last !== undefined
  return { items: shown.map(show), ...(more && { next_cursor: cursors.sign(place, keyOf(last)) }) }
}
