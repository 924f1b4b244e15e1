import { z } from 'zod'

const PAGE = 1000
const hash = z
  .string()
  .regex(/^[0-9a-f]{64}$/)
  .transform((hex) => Buffer.from(hex, 'hex'))
const feed = z.object({ entries: z.array(z.object({ leaf: z.int().min(0), body: z.string() })) })
const path = z.object({ path: z.array(hash) })

export type Entry = z.infer<typeof feed>['entries'][number]

/** What a log publishes. Nothing of it is believed before it was checked. */
export interface LogSource {
  key: () => Promise<string>
  /** The signed head. */
  head: () => Promise<string>
  /** The entries from 0, without `size`, as far as the feed has them. */
  entries: (size: number) => Promise<Entry[]>
  /** The entries about a zip, by its SHA-256 in hexadecimal. */
  entriesOfZip: (sha256: string) => Promise<Entry[]>
  inclusion: (leaf: number, size: number) => Promise<Buffer[]>
  consistency: (from: number, to: number) => Promise<Buffer[]>
}

/** The log could not be read. The message says why. */
export class Unreadable extends Error {}

/** The log at an origin, such as `https://packagento.example`. */
export function logAt(origin: string, get: typeof fetch = fetch): LogSource {
  const read = async (url: string): Promise<string> => {
    const response = await get(`${origin}${url}`).catch((error: unknown) => {
      throw new Unreadable(`${origin} cannot be reached.`, { cause: error })
    })
    if (!response.ok) throw new Unreadable(`${origin}${url} answered ${response.status}.`)
    return response.text()
  }
  const json = async <T>(url: string, schema: z.ZodType<T>): Promise<T> => {
    const body = await read(url)
    try {
      return schema.parse(JSON.parse(body))
    } catch (error) {
      throw new Unreadable(`${origin}${url} did not answer as a log does.`, { cause: error })
    }
  }
  return {
    key: async () => (await read('/log/key')).trim(),
    head: () => read('/log/head'),
    async entries(size) {
      const found: Entry[] = []
      for (let from = 0; from < size;) {
        const { entries } = await json(`/log.json?from=${from}&limit=${Math.min(PAGE, size - from)}`, feed)
        const last = entries.at(-1)
        // a feed that goes back would never end
        if (!last || last.leaf < from) break
        found.push(...entries)
        from = last.leaf + 1
      }
      return found.filter(({ leaf }) => leaf < size)
    },
    entriesOfZip: async (sha256) => (await json(`/log.json?zip=${sha256}&limit=${PAGE}`, feed)).entries,
    inclusion: async (leaf, size) => (await json(`/log/inclusion?leaf=${leaf}&size=${size}`, path)).path,
    consistency: async (from, to) => (await json(`/log/consistency?from=${from}&to=${to}`, path)).path,
  }
}
