import { mintId, type OperationId, type ProjectId, type ProjectTokenId } from '#kernel/ids'
import { canonicalCredentials, type Credentials, type Edition } from '#kernel/schemas'
import { assertMay, type Caller, lockForMember, type OrgAccess } from '#domain/orgs'
import {
  type Completed,
  completeOnce,
  keepOneTimeSecret,
  type SealedSecret,
  UNREAD_MS,
} from '#domain/operations'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { installSnippet } from './install-snippet.ts'
import { refuseTakenName } from './new-project-name.ts'
import { createProject } from './project-store.ts'
import { addProjectToken, newKeyPair, textOfKeys } from './project-token.ts'

export interface ProjectSetUp {
  caller: Caller
  org: OrgAccess
  input: {
    name: string
    edition?: Edition | undefined
    production_domain?: string | undefined
    credentials?: Credentials
    /** Makes a second project of a name. */
    force_another?: boolean | undefined
  }
  /** The idempotency key. Without it, each call creates another project. */
  key: string | undefined
  publicUrl: string
  /** Seals the text of a key pair for the operation. */
  seal: (text: string, about: OperationId) => SealedSecret
  at: Date
}

/**
 * Creates a project with its first token. Runs as a `completeOnce` operation: the same key returns the first result.
 * The keys of the token are a one-time secret of the operation. Refuses `not_allowed`, `idempotency_key_reused`, and
 * `project_name_taken` unless it is forced.
 */
export async function setUpProject(db: Db, setUp: ProjectSetUp): Promise<Completed> {
  assertMay(setUp.org, 'manage_projects')
  const once = { ...setUp, story: 'setup_project', input: withDefaults(setUp.input) }
  return inTransaction(db, async (tx) => {
    await lockForMember(tx, setUp, 'manage_projects')
    return completeOnce(tx, once, async (operation) => {
      const { project, slug } = await makeProject(tx, setUp)
      const token = mintId('ptk', setUp.at, Math.random)
      const { credentials } = setUp.input
      await mintTokenFor(tx, { ...setUp, operation, project, token, credentials })
      const result = { project, slug, ...installSnippet(setUp.publicUrl, project, []) }
      return { result, object: project }
    })
  })
}

/** As `setUpProject`, but without a token and an install snippet. */
export async function createBareProject(
  db: Db,
  wanted: Omit<ProjectSetUp, 'publicUrl' | 'seal'>,
): Promise<Completed> {
  assertMay(wanted.org, 'manage_projects')
  const once = { ...wanted, story: 'create_project', input: withDefaults(wanted.input) }
  return inTransaction(db, async (tx) => {
    await lockForMember(tx, wanted, 'manage_projects')
    return completeOnce(tx, once, async () => {
      const result = await makeProject(tx, wanted)
      return { result, object: result.project }
    })
  })
}

const withDefaults = ({
  edition = 'open-source',
  credentials,
  force_another,
  ...input
}: ProjectSetUp['input']) => ({
  ...input,
  edition,
  credentials: canonicalCredentials(credentials),
  force_another: force_another || undefined,
})

/** Call it with the org locked: of two calls at once the second sees the project of the first. */
async function makeProject(
  tx: Db,
  { caller, org, input, at }: Pick<ProjectSetUp, 'caller' | 'org' | 'input' | 'at'>,
): Promise<{ project: ProjectId; slug: string; edition: Edition }> {
  const { name, edition, production_domain: productionDomain, force_another } = withDefaults(input)
  if (!force_another) await refuseTakenName(tx, { org: org.id, name, field: 'name' })
  const project = mintId('prj', at, Math.random)
  const createdBy = caller.customer
  const made = { id: project, orgId: org.id, name, edition, productionDomain, createdBy, at }
  const { slug } = await createProject(tx, made)
  return { project, slug, edition }
}

export interface TokenForOperation {
  caller: Caller
  operation: OperationId
  project: ProjectId
  token: ProjectTokenId
  /** Default: `defaultLabel`. */
  label?: string | undefined
  credentials?: Credentials
  seal: ProjectSetUp['seal']
  at: Date
}

/** The label of a token when the caller gave none. */
export const defaultLabel = ({ clientName }: Caller): string => clientName ?? 'browser'

/**
 * Mints a token. Only the caller who started the operation can read its keys. Keys that were made in the browser, where
 * a person may never open them, end with their secret unless they are opened before. A second run changes nothing.
 */
export async function mintTokenFor(tx: Db, mint: TokenForOperation): Promise<void> {
  const { caller, operation, project, token, at } = mint
  const keys = newKeyPair()
  const byLink = mint.credentials === 'pickup'
  const kept = await keepOneTimeSecret(tx, {
    ...mint.seal(textOfKeys(keys), operation),
    operation,
    customer: caller.customer,
    connection: caller.connection,
    token,
    byLink,
    at,
  })
  if (!kept) return
  await addProjectToken(tx, {
    id: token,
    project,
    label: mint.label ?? defaultLabel(caller),
    keys,
    createdBy: caller.customer,
    connection: caller.connection,
    endsUnseenAt: caller.connection || byLink ? undefined : new Date(at.getTime() + UNREAD_MS),
    at,
  })
}
