import { mintId, type OperationId } from '#kernel/ids'
import { audit } from '#domain/audit'
import { claimOperation, completeClaimed } from '#domain/operations'
import { assertMay } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { createProject } from './project-store.ts'
import type { ProjectSetUp } from './set-up-project.ts'

/**
 * Creates a project without a token, as an operation that one transaction completes: its key replays it. Refuses
 * `not_allowed`, `idempotency_key_reused`.
 */
export async function createBareProject(
  db: Db,
  { caller, org, input, key, at }: Omit<ProjectSetUp, 'publicUrl' | 'seal'>,
): Promise<{ operation: OperationId; replayed: boolean }> {
  assertMay(org, 'manage_projects')
  const id = mintId('op', at, Math.random)
  return db.transaction().execute(async (tx) => {
    const { name, production_domain, edition = 'open-source' } = input
    const claimed = await claimOperation(tx, {
      id,
      story: 'create_project',
      workflowId: `create_project/${id}`,
      key: key ?? id,
      caller,
      org,
      input,
      sameness: { name, production_domain, edition },
      at,
    })
    if (!claimed.fresh) return { operation: claimed.id, replayed: true }
    const project = mintId('prj', at, Math.random)
    const { slug } = await createProject(tx, {
      id: project,
      orgId: org.id,
      name,
      edition,
      productionDomain: production_domain,
      createdBy: caller.customer,
      at,
    })
    await completeClaimed(tx, { id, result: { project, slug, edition }, at })
    await audit(tx, {
      chain: `org:${org.id}`,
      deed: 'create_project',
      outcome: 'done',
      customer: caller.customer,
      connection: caller.connection,
      org: org.id,
      object: project,
      operation: id,
    })
    return { operation: id, replayed: false }
  })
}
