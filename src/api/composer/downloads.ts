import type { FastifyRequest } from 'fastify'
import { z } from 'zod'
import type { ProjectTokenId } from '#kernel/ids'
import { type Download, recordDownloads } from '#domain/publishing'
import type { Db } from '#platform/database'
import type { Logger } from '#platform/logger'
import { addressOf } from '#platform/network'

const GATHER_MS = 1_000
const BATCH = 500
/** How many downloads may wait to be written. More are dropped, because their clients already have an answer. */
const MAX_UNWRITTEN = 10_000

const report = z.object({
  downloads: z.array(z.object({ name: z.string().max(200), version: z.string().max(100) })).max(1_000),
})

/**
 * Returns what a client reports as installed (https://getcomposer.org/doc/05-repositories.md#notify-batch), or
 * undefined.
 */
export function downloadsIn(
  request: FastifyRequest<{ Body: string }>,
  token: ProjectTokenId,
  at: Date,
): Download[] | undefined {
  const parsed = report.safeParse(jsonIn(request.body))
  const userAgent = request.headers['user-agent']
  return parsed.data?.downloads
    .filter(({ name, version }) => !`${name}${version}`.includes('\0'))
    .map(({ name, version }) => ({
      token,
      package: name.toLowerCase(),
      version,
      at,
      // an address that Postgres cannot store would make its whole batch fail
      ip: addressOf(request),
      userAgent,
    }))
}

function jsonIn(text: unknown): unknown {
  try {
    return typeof text === 'string' ? JSON.parse(text) : undefined
  } catch {
    return undefined
  }
}

export interface DownloadQueue {
  add: (downloads: readonly Download[]) => void
  /** Resolves once everything that was added is written or given up. */
  flush: () => Promise<void>
}

/** Writes downloads in batches: after one second, or after 500. A client does not wait for this statistic. */
export function downloadQueue({ db, log }: { db: Db; log: Logger }): DownloadQueue {
  let waiting: Download[] = []
  // includes the batches that are being written
  let unwritten = 0
  let timer: NodeJS.Timeout | undefined
  let writing = Promise.resolve()

  function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    const batch = waiting
    waiting = []
    writing = writing.then(() => write(batch))
    return writing
  }

  async function write(batch: readonly Download[]): Promise<void> {
    for (let from = 0; from < batch.length; from += BATCH) {
      const some = batch.slice(from, from + BATCH)
      try {
        await recordDownloads(db, some)
      } catch (err) {
        log.warn({ err, downloads: some.length }, 'downloads were not counted')
      } finally {
        unwritten -= some.length
      }
    }
  }

  return {
    flush,
    add(downloads) {
      const taken = downloads.slice(0, MAX_UNWRITTEN - unwritten)
      unwritten += taken.length
      waiting.push(...taken)
      if (waiting.length >= BATCH) void flush()
      else timer ??= setTimeout(() => void flush(), GATHER_MS).unref()
    },
  }
}
