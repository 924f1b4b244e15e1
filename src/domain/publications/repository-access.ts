import { noteGitWait, type Git, type RepositoryAccess } from '#domain/git'
import { beginOperation } from '#domain/operations'
import { assertMay } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { GitHostIsNotConnected, RepositoryIsNotGranted, RepositoryIsNotSeen } from './errors.ts'
import { findPublication, noteRepository, type PublicationRef } from './publication-store.ts'
import { assertMayStillPublish } from './publisher.ts'

/**
 * Finds out whether the org reaches the repository, and notes the host's id. `needs_consent`: nobody connected this
 * host, or the access has ended; the operation is noted as one that waits for it. Refuses `git_wrong_account`,
 * `git_repository_not_granted`, `git_host_unavailable`, and `not_allowed` also when a consent is needed and the person
 * may not give it.
 */
export async function reachRepository(
  db: Db,
  git: Git,
  { ref, at }: { ref: PublicationRef; at: Date },
): Promise<'reached' | 'needs_consent'> {
  const { org, host, path } = await findPublication(db, ref)
  const access = await git.repositoryAccess({ org, host, path, at })
  if (access.is === 'reached') {
    await noteRepository(db, ref, access.repository.id)
    return 'reached'
  }
  if (access.is !== 'not_connected' && access.is !== 'broken') throw refusalFor(access)
  return 'needs_consent'
}

/** Notes which host the operation waits for. Refuses `not_allowed` when the person may not connect it. */
export async function awaitConsent(db: Db, { ref, at }: { ref: PublicationRef; at: Date }): Promise<void> {
  const { host } = await findPublication(db, ref)
  assertMay(await assertMayStillPublish(db, await beginOperation(db, ref.operation, at)), 'manage_git')
  await noteGitWait(db, { operation: ref.operation, host })
}

/** The refusal for a repository that cannot be reached. */
export function refusalFor({ is, host, accounts }: Exclude<RepositoryAccess, { is: 'reached' }>) {
  switch (is) {
    case 'not_connected':
    case 'broken':
      return new GitHostIsNotConnected(host)
    case 'wrong_account':
      return new RepositoryIsNotSeen(host, accounts)
    case 'not_granted':
      return new RepositoryIsNotGranted(host, accounts)
  }
}
