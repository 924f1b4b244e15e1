import { z } from 'zod'
import type { PlaceInSearch } from '#domain/catalogue'
import { EDITIONS, packageName } from '#kernel/schemas'

/** A field that is sent twice counts once. */
const once = (given: unknown) => (Array.isArray(given) ? (given[0] as unknown) : given)
const text = z.preprocess(once, z.string().trim().max(100).catch(''))
const oneOf = <const T extends readonly string[]>(values: T) =>
  z.preprocess(once, z.enum(values).optional().catch(undefined))

export const PRICE_MODELS = ['free', 'one_time', 'yearly'] as const

/** What a visitor looks for. Unknown values count as not given. */
const query = z.object({
  q: z.preprocess(once, z.string().catch('')).transform((words) => words.slice(0, 100).trim()),
  type: text,
  edition: oneOf(EDITIONS),
  price: oneOf(PRICE_MODELS),
  vendor: text,
  // refused by the search when it is unknown
  works_with: text,
  // a rank, a space and a name
  after: z.preprocess(once, z.string().max(220).catch('')),
})
export type CatalogueQuery = z.output<typeof query>

export const queryIn = (fields: unknown): CatalogueQuery => query.parse(fields)

export const hasFilter = ({ type, edition, price, vendor, works_with }: CatalogueQuery): boolean =>
  Boolean(type || edition || price || vendor || works_with)

/** The place behind which a page begins. An odd text counts as the beginning. */
export function searchPlaceIn({ after }: CatalogueQuery): PlaceInSearch | undefined {
  const [, rank, name] = /^(\d{1,9}) (\S+)$/.exec(after) ?? []
  return rank !== undefined && packageName.safeParse(name).success
    ? { rank: Number(rank), name: name ?? '' }
    : undefined
}

/** The address of a search with these changes. */
export function addressOf(given: CatalogueQuery, change: Partial<CatalogueQuery> = {}): string {
  const fields = Object.entries({ ...given, after: '', ...change }).filter(([, value]) => value)
  const search = new URLSearchParams(fields as [string, string][]).toString()
  return search ? `/?${search}` : '/'
}
