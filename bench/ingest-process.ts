import { once } from 'node:events'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { PackageId } from '#kernel/ids'
import { openDatabase } from '#platform/database'
import { openGitReader } from '#platform/git'
import { findIsolation } from '#platform/git/isolation'
import { openPhpSyntax } from '#platform/php-syntax'
import { openDiskStorage } from '#platform/storage'
import { ingestTags, lookAtTags } from '../src/activities/ingest.ts'
import { cpuWithChildren } from './cpu.ts'
import { aSilentLog } from '../test/support/a-silent-log.ts'

export interface Ingested {
  /** By time, and by CPU time of the process and all programs that it started. */
  ms: number
  cpu: number
  /** The most memory of the process. */
  mib: number
}

interface Given {
  databaseUrl: string
  packageId: PackageId
  /** As in URLs. */
  host: string
  cloneUrl: string
}

const A_STEP = 25

/** Looks and ingests, as the steps of a sync do one after the other. Returns what it took. */
export async function serve({ databaseUrl, packageId, host, cloneUrl }: Given): Promise<Ingested> {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'bench-ingest-'))
  const database = openDatabase(databaseUrl, { max: 4 })
  const isolation = findIsolation()
  const hosts = [{ name: host, allowHttp: true, allowPrivateAddress: true }]
  const deps = {
    db: database.db,
    log: aSilentLog,
    git: await openGitReader({ hosts, folder: path.join(root, 'jobs'), log: aSilentLog, isolation }),
    php: await openPhpSyntax(isolation),
    storage: openDiskStorage(path.join(root, 'storage')),
    repositoryOf: async () => ({ cloneUrl }),
    repositoryToPublish: async () => ({ cloneUrl }),
  }
  const { signal } = new AbortController()
  const [since, cpuBefore] = [performance.now(), cpuWithChildren()]
  const { pending } = await lookAtTags(deps, { packageId, at: new Date() }, { signal })
  for (let at = 0; at < pending.length; at += A_STEP) {
    const tags = pending.slice(at, at + A_STEP)
    const ingested = await ingestTags(deps, { packageId, tags, at: new Date() }, { signal })
    if (!ingested.every((each) => 'published' in each))
      throw new Error(`skipped: ${JSON.stringify(ingested)}`)
  }
  const ms = performance.now() - since
  const cpu = cpuWithChildren() - cpuBefore
  await database.close()
  fs.rmSync(root, { recursive: true })
  return { ms, cpu, mib: Math.round(process.resourceUsage().maxRSS / 1024) }
}

if (process.argv[2] === 'serve') {
  const [given] = (await once(process, 'message')) as [Given]
  process.send?.(await serve(given))
  process.disconnect()
}
