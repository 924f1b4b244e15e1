import type { GitGrant, GitRepository, RepositoryQuery } from '#kernel/git-host'
import { GitIntegrationBroken } from './errors.ts'
import type {
  CredentialAccess,
  FoundRepositories,
  ListedRepository,
  RepositoriesWanted,
  RepositoryAccess,
  RepositoryWanted,
} from './git.ts'
import { isFailure, JOB_NEEDS_MS, withGrant } from './grants.ts'
import { findIntegration, type Integration, integrationsWith } from './integration-store.ts'
import { type GitOptions, hostOf } from './options.ts'

interface Reached {
  integration: Integration
  repository: GitRepository
}

/** As `Git.repositoryAccess`. */
export async function repositoryAccess(
  options: GitOptions,
  wanted: RepositoryWanted,
): Promise<RepositoryAccess> {
  const found = await reach(options, wanted)
  if (!('integration' in found)) return found
  return { is: 'reached', integration: found.integration.id, repository: found.repository }
}

/** As `Git.credential`. */
export async function repositoryCredential(
  options: GitOptions,
  wanted: RepositoryWanted,
): Promise<CredentialAccess> {
  const found = await reach(options, wanted)
  if (!('integration' in found)) return found
  const { integration, repository } = found
  const host = hostOf(options, wanted.host)
  try {
    const credential = await withGrant(options, {
      integration,
      at: wanted.at,
      needsMs: JOB_NEEDS_MS,
      call: (grant) => host.credential(grant, repository),
    })
    return { is: 'reached', integration: integration.id, repository, credential }
  } catch (error) {
    // GitHub: the repository was taken out of the installation a moment ago
    if (!isFailure(error, 'forbidden')) throw error
    return { is: 'not_granted', host: wanted.host, accounts: [integration.accountName] }
  }
}

/** Asks with each integration of the org and host, that of the repository's owner first. */
export async function reach(
  options: GitOptions,
  { org, host: name, at, ...query }: RepositoryWanted,
): Promise<Reached | Exclude<RepositoryAccess, { is: 'reached' }>> {
  const host = hostOf(options, name)
  const owner = 'path' in query ? query.path.split('/')[0]?.toLowerCase() : undefined
  const isOwner = ({ accountName }: Integration) => accountName.toLowerCase() === owner
  const known = await integrationsWith(options.db, { org, host: name })
  const accounts = known.map(({ accountName }) => accountName)
  const answers = { isSeen: false, isBroken: false, isOwnerBroken: false, works: 0 }
  for (const integration of known.toSorted((a, b) => Number(isOwner(b)) - Number(isOwner(a)))) {
    const seen = await look(options, { integration, query: query as RepositoryQuery, at })
    if (seen === 'broken') {
      answers.isBroken = true
      answers.isOwnerBroken ||= isOwner(integration)
      continue
    }
    answers.works++
    if (seen && mayUse(integration, seen)) return { integration, repository: seen }
    // any installation of GitHub sees a public repository of a stranger
    answers.isSeen ||= isOwner(integration) || (seen !== undefined && host.kind !== 'github')
  }
  if (!known.length) return { is: 'not_connected', host: name, accounts }
  if (!answers.works || answers.isOwnerBroken) return { is: 'broken', host: name, accounts }
  return { is: answers.isSeen ? 'not_granted' : 'wrong_account', host: name, accounts }
}

async function look(
  options: GitOptions,
  { integration, query, at }: { integration: Integration; query: RepositoryQuery; at: Date },
): Promise<GitRepository | 'broken' | undefined> {
  const host = hostOf(options, integration.host)
  try {
    const call = (grant: GitGrant) => host.findRepository(grant, query)
    return await withGrant(options, { integration, at, call })
  } catch (error) {
    if (error instanceof GitIntegrationBroken) return 'broken'
    if (isFailure(error, 'forbidden')) return undefined
    throw error
  }
}

/** A person may publish only what they may push to. */
const mayUse = ({ repositories }: Integration, { id, canPush }: GitRepository): boolean =>
  canPush && (repositories?.includes(id) ?? true)

/** A host may list many that the person may only read. One call reads no more pages than this. */
const MAX_PAGES = 20

/** As `Git.listRepositories`. A host has pages of its own size, so a place is a page of the host and a row in it. */
export async function listRepositories(
  options: GitOptions,
  { org, id, limit, search = '', after = '1.0', at }: RepositoriesWanted,
): Promise<FoundRepositories> {
  const integration = await findIntegration(options.db, { org, id })
  const host = hostOf(options, integration.host)
  const [firstPage = 1, firstRow = 0] = after.split('.').map(Number)
  const isWanted = ({ path }: GitRepository) => path.toLowerCase().includes(search.toLowerCase())
  const found: ListedRepository[] = []
  let page: number | undefined = firstPage
  for (let pages = 0; page !== undefined && found.length < limit && pages < MAX_PAGES; pages++) {
    const current: number = page
    const call = (grant: GitGrant) => host.listRepositories(grant, current)
    const { repositories, nextPage } = await withGrant(options, { integration, at, call })
    const from = current === firstPage ? firstRow : 0
    for (const [row, each] of repositories.entries())
      if (row >= from && mayUse(integration, each) && isWanted(each))
        found.push({ ...each, place: `${current}.${row + 1}` })
    page = nextPage
  }
  const hasStopped = page !== undefined && found.length < limit
  return { repositories: found.slice(0, limit), stoppedAt: hasStopped ? `${page}.0` : undefined }
}
