import { observeTags } from '#domain/publishing'
import type { PackageId } from '#kernel/ids'
import { packTar } from '#platform/archives'
import type { Db } from '#platform/database'
import { openLogger } from '#platform/logger'
import type { Storage } from '#platform/storage'
import { ingestTags } from '../../src/activities/ingest.ts'
import { demoPackages } from './packages/index.ts'
import { archiveOf, localTags, readerOf, type Repositories } from './repositories.ts'

export interface Ingesting {
  db: Db
  storage: Storage
  repositories: Repositories
  at: Date
}

const ALL = { signal: new AbortController().signal }

/** The demo packages that lack a version, in the order in which they are published. */
export async function unfinishedPackages(db: Db): Promise<{ id: PackageId; name: string }[]> {
  const demo = demoPackages()
  const rows = await db
    .selectFrom('packages as p')
    .leftJoin('versions as v', 'v.package_id', 'p.id')
    .select(['p.id', 'p.name', 'v.tag'])
    .where(
      'p.name',
      'in',
      demo.map(({ name }) => name),
    )
    .execute()
  return demo.flatMap(({ name, versions }) => {
    const own = rows.filter((row) => row.name === name)
    const isWhole = versions.every(({ tag }) => own.some((row) => row.tag === tag))
    return own[0] && !isWhole ? [{ id: own[0].id, name }] : []
  })
}

/**
 * Makes versions of the tags of the demo repositories, with the code of `publish_package`. Each tag is observed at the
 * time of its commit, as if we had followed the repository since then. It goes on where an earlier run was stopped.
 */
export async function ingestPackages(
  { db, storage, repositories, at }: Ingesting,
  packages: readonly { id: PackageId; name: string }[],
): Promise<void> {
  const log = openLogger({ level: 'warn' })
  for (const { id: packageId, name } of packages) {
    const folder = folderOf(repositories, name)
    const tags = await localTags(folder)
    for (const [index, { committedAt: seen }] of tags.entries())
      await observeTags(db, { packageId, tags: tags.slice(0, index + 1), at: seen })
    const ingest = {
      db,
      storage,
      log,
      git: readerOf(folder, tags),
      // the check of PHP's syntax is skipped, and says so: it takes longer than all others
      php: undefined,
      repositoryOf: async () => ({ cloneUrl: folder }),
      repositoryToPublish: async () => ({ cloneUrl: folder }),
    }
    await ingestTags(ingest, { packageId, tags: tags.map(({ tag }) => tag), at }, ALL)
  }
}

/** Stores the zips that the storage lacks, for example after a change of its folder. */
export async function storeMissingZips({ db, storage, repositories }: Ingesting): Promise<void> {
  const rows = await db
    .selectFrom('versions as v')
    .innerJoin('packages as p', 'p.id', 'v.package_id')
    .select(['p.name', 'v.commit_sha as commit', 'v.zip_sha256 as hash'])
    .where('p.name', 'in', [...repositories.keys()])
    .where('v.zip_sha256', 'is not', null)
    .execute()
  for (const { name, commit, hash } of rows) {
    const stored = await storage.open(hash ?? '')
    stored?.stream.destroy()
    if (stored) continue
    const { zip, sha256 } = await packTar(await archiveOf(folderOf(repositories, name), commit))
    if (sha256 === hash) await storage.put(zip, sha256)
  }
}

function folderOf(repositories: Repositories, name: string): string {
  const folder = repositories.get(name)
  if (!folder) throw new TypeError(`there is no repository of ${name}`)
  return folder
}
