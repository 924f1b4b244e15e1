import { mintId, type OperationId, type ProjectId, type ProjectTokenId } from '#kernel/ids'
import type { Edition } from '#kernel/schemas'
import { assertMay, type Caller, type OrgAccess } from '#domain/orgs'
import { audit } from '#domain/audit'
import { claimOperation, completeClaimed, keepOneTimeSecret, type SealedSecret } from '#domain/operations'
import type { Db } from '../../platform/database.ts'
import { installSnippet } from './install-snippet.ts'
import { createProject } from './project-store.ts'
import { addProjectToken, newKeyPair } from './project-token.ts'

export interface ProjectSetUp {
  caller: Caller
  org: OrgAccess
  input: { name: string; edition?: Edition | undefined; production_domain?: string | undefined }
  /** Without one, each call makes a project of its own. */
  key?: string | undefined
  publicUrl: string
  /** Seals `{ public_key, private_key }` as JSON for the operation. */
  seal: (text: string, about: OperationId) => SealedSecret
  at: Date
}

/**
 * Creates a project with its first token, as an operation that one transaction completes: its key replays it, and
 * its keys are read as those of a purchase are. Refuses `not_allowed`, `idempotency_key_reused`.
 */
export async function setUpProject(
  db: Db,
  setUp: ProjectSetUp,
): Promise<{ operation: OperationId; replayed: boolean }> {
  const { caller, org, input, at } = setUp
  assertMay(org, 'manage_projects')
  const id = mintId('op', at, Math.random)
  return db.transaction().execute(async (tx) => {
    const { name, production_domain } = input
    const claimed = await claimOperation(tx, {
      id,
      story: 'setup_project',
      workflowId: `setup_project/${id}`,
      key: setUp.key ?? id,
      caller,
      org,
      input,
      sameness: { name, production_domain, edition: input.edition ?? 'open-source' },
      at,
    })
    if (!claimed.fresh) return { operation: claimed.id, replayed: true }
    const project = mintId('prj', at, Math.random)
    const { slug } = await createProject(tx, {
      id: project,
      orgId: org.id,
      name,
      edition: input.edition ?? 'open-source',
      productionDomain: production_domain,
      createdBy: caller.customer,
      at,
    })
    await mintTokenFor(tx, { ...setUp, operation: id, project, token: mintId('ptk', at, Math.random) })
    const result = { project, slug, ...installSnippet(setUp.publicUrl, project, []) }
    await completeClaimed(tx, { id, result, at })
    const by = { customer: caller.customer, connection: caller.connection }
    await audit(tx, {
      chain: `org:${org.id}`,
      deed: 'set_up_project',
      outcome: 'done',
      ...by,
      org: org.id,
      object: project,
      operation: id,
    })
    return { operation: id, replayed: false }
  })
}

export interface TokenForOperation {
  caller: Caller
  operation: OperationId
  project: ProjectId
  token: ProjectTokenId
  /** Default: `usualLabel`. */
  label?: string | undefined
  seal: ProjectSetUp['seal']
  at: Date
}

/** Of a token that nobody named. */
export const usualLabel = ({ clientName }: Caller): string => clientName ?? 'browser'

/** Mints a token whose keys only the operation's asker can read; run again, the first token and keys stay. */
export async function mintTokenFor(tx: Db, mint: TokenForOperation): Promise<void> {
  const { caller, operation, project, token, at } = mint
  const keys = newKeyPair()
  const text = JSON.stringify({ public_key: keys.publicKey, private_key: keys.privateKey })
  const kept = await keepOneTimeSecret(tx, {
    ...mint.seal(text, operation),
    operation,
    customer: caller.customer,
    connection: caller.connection,
    token,
    at,
  })
  if (!kept) return
  await addProjectToken(tx, {
    id: token,
    project,
    label: mint.label ?? usualLabel(caller),
    keys,
    createdBy: caller.customer,
    connection: caller.connection,
    at,
  })
}
