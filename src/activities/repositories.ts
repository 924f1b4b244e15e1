import type { Publication } from '#contracts/publish-package'
import type { PackageId } from '#kernel/ids'
import type { RepositoryQuery } from '#kernel/git-host'
import type { Git } from '#domain/git'
import * as publications from '#domain/publications'
import * as publishing from '#domain/publishing'
import type { Db } from '#platform/database'
import type { RemoteRepository, RemoteTag } from '#platform/git'
import type { Attempt, IngestDependencies } from './ingest.ts'
import type { RepositoryStep } from './publications.ts'

const MOST_SHOWN = 25

/** Where a package comes from, with a credential made for this call. Refuses what `refusalFor` says. */
export const repositoriesOn = ({ db, git }: { db: Db; git: Git }) => ({
  async repositoryOf(packageId: PackageId): Promise<RemoteRepository> {
    const followed = await publications.repositoryOfPackage(db, packageId)
    if (!followed) throw new publications.PackageFollowsNoRepository(packageId)
    return credentialFor(git, followed, { id: followed.id })
  },
  async repositoryToPublish(ref: publications.PublicationRef): Promise<RemoteRepository> {
    const publication = await publications.findPublication(db, ref)
    const { repository: id, path } = publication
    return credentialFor(git, publication, id ? { id } : { path })
  },
})

async function credentialFor(
  git: Git,
  { org, host }: Pick<publications.Publication, 'org' | 'host'>,
  query: RepositoryQuery,
): Promise<RemoteRepository> {
  const access = await git.credential({ org, host, ...query, at: new Date() })
  if (access.is !== 'reached') throw publications.refusalFor(access)
  return access.credential
}

/**
 * Reads what a repository would publish, from the composer.json of its newest version tag, and notes it. Refuses
 * `no_version_tags`, `manifest_missing`, `manifest_invalid`, `name_not_in_namespace`, and what the host refuses.
 */
export async function readRepository(
  deps: IngestDependencies,
  step: RepositoryStep,
  attempt: Attempt,
): Promise<void> {
  await readNewestTag(deps, step, attempt)
}

/** As `readRepository`; says which versions its tags would become, without reading each of them. */
export async function previewRepository(
  deps: IngestDependencies,
  step: RepositoryStep,
  attempt: Attempt,
): Promise<Omit<Publication, 'repository'>> {
  const { name, tags } = await readNewestTag(deps, step, attempt)
  const { versions, skipped } = publications.planTags(tags)
  return {
    outcome: 'would_be_published',
    package: name,
    versions: versions.slice(0, MOST_SHOWN).map((version) => ({ version })),
    ...(versions.length > MOST_SHOWN && { more_versions: versions.length - MOST_SHOWN }),
    ...(skipped.length > 0 && { skipped: skipped.slice(0, MOST_SHOWN) }),
    ...(skipped.length > MOST_SHOWN && { more_skipped: skipped.length - MOST_SHOWN }),
  }
}

async function readNewestTag(
  { db, git, repositoryToPublish }: IngestDependencies,
  { operationId: operation, position }: RepositoryStep,
  { signal }: Attempt,
): Promise<{ name: string; tags: RemoteTag[] }> {
  const ref = { operation, position }
  const remote = await repositoryToPublish(ref)
  const tags = await git.listTags(remote, { signal })
  const newest = publications.newestVersionTag(tags)
  const file = await git.readFile(remote, { ...newest, path: 'composer.json' }, { signal })
  const publication = await publications.findPublication(db, ref)
  const bytes = file && 'fault' in file ? undefined : file
  const manifest = publishing.readNewManifest(bytes, { repository: publication.path, tag: newest.tag })
  publications.assertNamespace(publication, manifest.name)
  await publications.noteManifest(db, ref, manifest)
  return { name: manifest.name, tags }
}
