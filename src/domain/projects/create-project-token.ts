import { mintId, type OperationId } from '#kernel/ids'
import { assertMay, type Caller, type OrgAccess } from '#domain/orgs'
import { audit } from '#domain/audit'
import { claimOperation, completeClaimed, type SealedSecret } from '#domain/operations'
import type { Db } from '../../platform/database.ts'
import { ProjectIsArchived, ProjectNotFound } from './errors.ts'
import { installSnippet } from './install-snippet.ts'
import { projectAccess } from './project-reads.ts'
import { findProject, lockProject } from './project-store.ts'
import { mintTokenFor, usualLabel } from './set-up-project.ts'

export interface ProjectTokenWanted {
  caller: Caller
  org: OrgAccess
  /** `project`: id or slug. */
  input: { project: string; label?: string | undefined }
  /** Without one, each call makes a token of its own. */
  key?: string | undefined
  publicUrl: string
  /** Seals `{ public_key, private_key }` as JSON for the operation. */
  seal: (text: string, about: OperationId) => SealedSecret
  at: Date
}

/**
 * Adds a token to a project in use, as an operation that one transaction completes: its key replays it, also when the
 * project is archived by then. Refuses `not_allowed`, `project_not_found`, `project_archived`,
 * `idempotency_key_reused`.
 */
export async function createProjectToken(
  db: Db,
  wanted: ProjectTokenWanted,
): Promise<{ operation: OperationId; replayed: boolean }> {
  const { caller, org, at } = wanted
  assertMay(org, 'manage_project_tokens')
  const id = mintId('op', at, Math.random)
  return db.transaction().execute(async (tx) => {
    const project = await findProject(tx, org.id, wanted.input.project)
    if (!project) throw new ProjectNotFound()
    const input = { project: project.id, label: wanted.input.label }
    const claimed = await claimOperation(tx, {
      id,
      story: 'create_project_token',
      workflowId: `create_project_token/${id}`,
      key: wanted.key ?? id,
      caller,
      org,
      input,
      sameness: input,
      at,
    })
    if (!claimed.fresh) return { operation: claimed.id, replayed: true }
    // read again under the lock: nobody archives it while it gets a token
    if ((await lockProject(tx, project.id)).archivedAt) throw new ProjectIsArchived(project.slug)
    const token = mintId('ptk', at, Math.random)
    const label = input.label ?? usualLabel(caller)
    await mintTokenFor(tx, { ...wanted, project: project.id, label, operation: id, token })
    const { packages } = await projectAccess(tx, { project: project.id, at })
    const snippet = installSnippet(wanted.publicUrl, project.id, packages)
    await completeClaimed(tx, { id, result: { project: project.id, token, label, ...snippet }, at })
    await audit(tx, {
      chain: `org:${org.id}`,
      deed: 'create_project_token',
      outcome: 'done',
      customer: caller.customer,
      connection: caller.connection,
      org: org.id,
      object: token,
      operation: id,
    })
    return { operation: id, replayed: false }
  })
}
