import { mintId } from '#kernel/ids'
import { canonicalCredentials, type Credentials } from '#kernel/schemas'
import { type Completed, completeOnce } from '#domain/operations'
import { type Access, assertMayUse, lockForCaller, orgIdOf } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { ProjectIsArchived } from './errors.ts'
import { installSnippet } from './install-snippet.ts'
import { projectAccess } from './project-reads.ts'
import { lockProject, projectFor } from './project-store.ts'
import { MANAGE } from './revoke-token.ts'
import { defaultLabel, mintTokenFor, type ProjectSetUp } from './set-up-project.ts'

export interface ProjectTokenWanted extends Omit<ProjectSetUp, 'input' | 'org'> {
  org: Access
  /** `project`: id or slug. */
  input: { project: string; label?: string | undefined; credentials?: Credentials }
}

/**
 * Adds a token to a project that is not archived. Runs as a `completeOnce` operation: the same key returns the first
 * result, even if the project is archived by then. Refuses `not_allowed`, `project_not_found`, `project_archived`,
 * `idempotency_key_reused`.
 */
export async function createProjectToken(db: Db, wanted: ProjectTokenWanted): Promise<Completed> {
  const { caller, org, publicUrl, at } = wanted
  const { permission } = MANAGE
  assertMayUse(org, MANAGE)
  return inTransaction(db, async (tx) => {
    const access = await lockForCaller(tx, wanted, MANAGE)
    const { id: project, slug } = await projectFor(tx, access, { project: wanted.input.project, permission })
    const label = wanted.input.label ?? defaultLabel(caller)
    const credentials = canonicalCredentials(wanted.input.credentials)
    const input = { project, label, credentials }
    const once = { ...wanted, org: { id: orgIdOf(org) }, story: 'create_project_token', input }
    return completeOnce(tx, once, async (operation) => {
      // reads it again under the lock, so that the project cannot be archived meanwhile
      if ((await lockProject(tx, project)).archivedAt) throw new ProjectIsArchived(slug)
      const token = mintId('ptk', at, Math.random)
      await mintTokenFor(tx, { ...wanted, project, label, operation, token, credentials })
      const { packages } = await projectAccess(tx, { project, at })
      const result = { project, token, label, ...installSnippet(publicUrl, project, packages) }
      return { result, object: token }
    })
  })
}
