import { mintId, type PackageId } from '#kernel/ids'
import { addPackage } from '#domain/catalogue'
import { addOrg } from '#domain/orgs'
import { versionsOf } from '#domain/publishing'
import { addVendor } from '#domain/vendors'
import { openPhpSyntax } from '#platform/php-syntax'
import { type IngestDependencies, ingestTags, lookAtTags } from '../../src/activities/ingest.ts'
import { aGitHost, isolation } from './a-bare-git-host.ts'
import { aStorage } from './a-market.ts'
import { aSilentLog } from './a-silent-log.ts'
import { aDatabase } from './database.ts'

const AT = new Date('2026-01-01T00:00:00Z')
const id = <P extends string>(prefix: P) => mintId(prefix, AT, Math.random)

type Opened = Pick<Awaited<ReturnType<typeof aDatabase>>, 'db' | 'close'>
export type PublishingVendor = Awaited<ReturnType<typeof aPublishingVendor>>

/** A database, a Git host, a storage, and vendors whose packages come from repositories of that host. */
export async function aPublishingVendor(opening: Opened | Promise<Opened> = aDatabase()) {
  const [database, host, disk, php] = await Promise.all([
    opening,
    aGitHost(),
    aStorage(),
    openPhpSyntax(isolation),
  ])
  const { db } = database
  const repositories = new Map<PackageId, { cloneUrl: string }>()
  const deps: IngestDependencies = {
    db,
    git: host.git,
    storage: disk.storage,
    log: aSilentLog,
    php,
    async repositoryOf(packageId) {
      const remote = repositories.get(packageId)
      if (!remote) throw new Error('the package has no repository')
      return remote
    },
    repositoryToPublish: () => Promise.reject(new Error('these packages are published already')),
  }
  return {
    db,
    host,
    storage: disk.storage,
    deps,
    aPackage,
    stop: () => Promise.all([host.stop(), disk.remove(), database.close()]),
  }

  /** A package with an empty repository. `composer` is a composer.json with these fields. */
  async function aPackage() {
    const [org, vendor, packageId] = [id('org'), id('ven'), id('pkg')]
    const slug = vendor.slice(4).toLowerCase()
    const name = `${slug}/module`
    await addOrg(db, { id: org, slug, name: 'A', at: AT })
    await addVendor(db, { id: vendor, orgId: org, slug, name: 'A', at: AT, approvedAt: AT })
    await addPackage(db, {
      id: packageId,
      vendorId: vendor,
      name,
      type: 'library',
      title: 'A',
      summary: '',
      at: AT,
    })
    const repository = host.repository()
    repositories.set(packageId, repository.remote)
    const composer = (fields: object = {}) =>
      JSON.stringify({
        name,
        description: 'A module',
        license: 'proprietary',
        require: { php: '>=8.1' },
        ...fields,
      })
    return {
      id: packageId,
      org,
      name,
      repository,
      composer,
      release: (tag: string, files: Parameters<typeof repository.release>[1] = {}) =>
        repository.release(tag, { 'composer.json': composer(), ...files }),
      look: (at: Date = AT, given = deps) =>
        lookAtTags(given, { packageId, at }, { signal: new AbortController().signal }),
      ingest: (
        tags: readonly string[],
        { at = AT, given = deps, signal = new AbortController().signal } = {},
      ) => ingestTags(given, { packageId, tags, at }, { signal }),
      /** The labels of its versions, newest first. */
      labels: async () => (await versionsOf(db, packageId)).map(({ label }) => label),
      /** What was decided about its tags, in their order. */
      observed: () =>
        db
          .selectFrom('tag_observations')
          .select(['tag', 'commit_sha', 'outcome', 'reason'])
          .where('package_id', '=', packageId)
          .orderBy('tag')
          .orderBy('observed_at')
          .execute(),
      /** The events of the audit log of its org, oldest first. */
      audited: async () => {
        const rows = await db
          .selectFrom('audit_events')
          .select('body')
          .where('chain', '=', `org:${org}`)
          .orderBy('seq')
          .execute()
        return rows.map(
          ({ body }) =>
            JSON.parse(body) as { action: string; outcome: string; code?: string; object?: string },
        )
      },
    }
  }
}
