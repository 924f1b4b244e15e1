import { randomBytes } from 'node:crypto'
import { type Git, gitOn } from '#domain/git'
import { type GitHost, GitHostFailure } from '#kernel/git-host'
import { type CustomerId, type GitIntegrationId, mintId, type OrgId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { openLogger } from '#platform/logger'
import { openSecrets, type Secrets } from '#platform/secrets'
import { A_SELLER } from './a-seller.ts'

interface GitWanted {
  db: Db
  /** Default: `exampleHost`. */
  hosts?: readonly GitHost[]
  secrets?: Secrets
  publicUrl?: string
  startSync?: Parameters<typeof gitOn>[0]['startSync']
}

/** The Git hosts of a deployment. */
export const aGit = ({
  db,
  hosts = [exampleHost],
  secrets = openSecrets({ key: randomBytes(32).toString('base64') }),
  publicUrl = 'https://market.example',
  startSync,
}: GitWanted): Git =>
  gitOn({
    db,
    hosts,
    sealing: secrets,
    publicUrl,
    log: openLogger({ level: 'silent', destination: { write() {} } }),
    ...(startSync && { startSync }),
  })

/** What the steps of a worker need for Git hosts, and who sells. */
export function gitDependencies(db: Db) {
  const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
  return { secrets, git: aGit({ db, secrets }), gitConsentDays: 14, seller: A_SELLER }
}

/** The ids of the host's repositories that every integration of `aGitIntegration` may use. */
const REPOSITORIES = ['1', '2']

/** A configured host that only lists two repositories. Tests of a host's answers use `aGitHost`. */
export const exampleHost: GitHost = {
  kind: 'github',
  host: 'git.example',
  origin: 'https://git.example',
  authorizeUrl: ({ state }) => `https://git.example/authorize?state=${state}`,
  exchange: away,
  refresh: away,
  revoke: away,
  listRepositories: async () => ({
    repositories: REPOSITORIES.map((id) => ({
      id,
      path: `acme/module-${id}`,
      cloneUrl: `https://git.example/acme/module-${id}.git`,
      isPrivate: true,
      canPush: true,
    })),
  }),
  findRepository: away,
  credential: away,
  createHook: away,
  deleteHook: away,
  readPush: () => undefined,
}

function away(): Promise<never> {
  return Promise.reject(new GitHostFailure('away', 'The host is out of reach.'))
}

/** An integration of an org with `git.example`, by an operation that is over. */
export async function aGitIntegration(
  db: Db,
  {
    org,
    customer,
    id = mintId('git', Date.now(), Math.random),
    at = new Date(),
  }: { org: OrgId; customer: CustomerId; id?: GitIntegrationId; at?: Date },
): Promise<GitIntegrationId> {
  const operation = mintId('op', at, Math.random)
  await db
    .insertInto('operations')
    .values({
      id: operation,
      org_id: org,
      story: 'start_git_integration',
      idempotency_key: operation,
      input: '{"host":"git.example"}',
      input_hash: Buffer.alloc(32),
      workflow_id: operation,
      status: 'cancelled',
      finished_at: at,
      created_at: at,
      updated_at: at,
    })
    .execute()
  await db
    .insertInto('git_integrations')
    .values({
      id,
      org_id: org,
      kind: 'github',
      host: 'git.example',
      account_id: id,
      account_name: 'acme',
      may_hook: true,
      repositories: REPOSITORIES,
      connected_by: customer,
      connected_at: at,
      operation_id: operation,
    })
    .execute()
  return id
}
