import { invalidRequest } from './errors.ts'

interface Paged {
  limit?: number
  starting_after?: string
  ending_before?: string
  created?: number | { gt?: number; gte?: number; lt?: number; lte?: number }
}

/** Returns one page, newest first: https://docs.stripe.com/api/pagination */
export function listOf<T extends { id: string; created: number }>(
  url: string,
  oldestFirst: readonly T[],
  { limit = 10, starting_after, ending_before, created }: Paged,
): { object: 'list'; data: T[]; has_more: boolean; url: string } {
  if (limit < 1 || limit > 100)
    throw invalidRequest('parameter_invalid_integer', 'limit is 1 to 100', { param: 'limit' })
  const range = typeof created === 'number' ? { gte: created, lte: created } : (created ?? {})
  const fits = (at: number) =>
    at > (range.gt ?? -Infinity) &&
    at >= (range.gte ?? -Infinity) &&
    at < (range.lt ?? Infinity) &&
    at <= (range.lte ?? Infinity)
  const all = oldestFirst.filter((item) => fits(item.created)).reverse()
  const placeOf = (param: 'starting_after' | 'ending_before', id: string) => {
    const place = all.findIndex((item) => item.id === id)
    if (place < 0) throw invalidRequest('resource_missing', `There is no ${id} in this list.`, { param })
    return place
  }
  const after = starting_after === undefined ? 0 : placeOf('starting_after', starting_after) + 1
  const before = ending_before === undefined ? all.length : placeOf('ending_before', ending_before)
  const data = all.slice(after, Math.min(before, after + limit))
  return { object: 'list', data, has_more: after + limit < before, url }
}
