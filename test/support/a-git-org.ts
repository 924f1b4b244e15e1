import { randomBytes } from 'node:crypto'
import { type Git, noteGitWait } from '#domain/git'
import { type CustomerId, mintId, type OperationId, type OrgId } from '#kernel/ids'
import type { Db } from '#platform/database'
import { openSecrets, type Secrets } from '#platform/secrets'
import type { OrgRole } from '#platform/tables'
import type { TestGitHost } from './a-git-host.ts'
import { aGit } from './git.ts'
import { aPerson } from './mcp.ts'

export interface GitOrg {
  git: Git
  secrets: Secrets
  org: OrgId
  customer: CustomerId
  /** An operation of the person that waits for a consent at the host. */
  waits: () => Promise<OperationId>
  /** The URL to which the host sends `as` back, for a new state of this operation. */
  comesBack: (wanted?: {
    operation?: OperationId
    as?: string
    answer?: 'allow' | 'deny'
    wantsHooks?: boolean
  }) => Promise<URL>
  /** Completes a consent with what the host sent back. */
  completes: (back: URL, more?: { customer?: CustomerId; at?: Date }) => ReturnType<Git['completeConsent']>
  /** Both, for a new operation. Returns the integration. */
  connects: (as?: string) => Promise<Awaited<ReturnType<Git['list']>>[number]>
  nudged: () => Promise<string[]>
  audited: () => Promise<{ action: string; outcome: string; code?: string; object?: string }[]>
  row: (id: string) => Promise<Record<string, unknown>>
}

/** An org with one person, `owner` unless said, and the Git host. */
export async function aGitOrg(
  db: Db,
  remote: Pick<TestGitHost, 'host' | 'answers'>,
  { role = 'owner' as OrgRole, startSync = undefined as Parameters<typeof aGit>[0]['startSync'] } = {},
): Promise<GitOrg> {
  const { customer, org } = await aPerson(db, { role })
  const secrets = openSecrets({ key: randomBytes(32).toString('base64') })
  const git = aGit({ db, hosts: [remote.host], secrets, ...(startSync && { startSync }) })
  const { host } = remote.host

  async function waits(): Promise<OperationId> {
    const id = mintId('op', Date.now(), Math.random)
    const at = new Date()
    await db
      .insertInto('operations')
      .values({
        id,
        org_id: org.id,
        story: 'start_git_integration',
        idempotency_key: id,
        input: JSON.stringify({ host }),
        input_hash: Buffer.alloc(32),
        asked_by: customer,
        workflow_id: `start_git_integration/${id}`,
        status: 'waiting_for_you',
        waiting_for: 'git_consent',
        created_at: at,
        updated_at: at,
      })
      .execute()
    await noteGitWait(db, { operation: id, host })
    return id
  }

  const gitOrg: GitOrg = {
    git,
    secrets,
    org: org.id,
    customer,
    waits,
    async comesBack({ operation, as = 'vera', answer = 'allow', wantsHooks = true } = {}) {
      const page = { operation: operation ?? (await waits()), org: org.id, wantsHooks }
      const url = await git.openConsentPage({ ...page, openedBy: { customer }, at: new Date() })
      return remote.answers(url, as, answer)
    },
    completes(back, { customer: by = customer, at = new Date() } = {}) {
      const said = (name: string) => back.searchParams.get(name) ?? undefined
      const setupAction = said('setup_action')
      const answer = { state: said('state') ?? '', code: said('code'), error: said('error'), setupAction }
      return git.completeConsent({ ...answer, by: { customer: by }, at })
    },
    async connects(as = 'vera') {
      await gitOrg.completes(await gitOrg.comesBack({ as }))
      const [integration] = (await git.list(org.id)).filter(({ account }) => account === as)
      if (!integration) throw new Error('nothing was connected')
      return integration
    },
    async nudged() {
      const rows = await db.selectFrom('outbox').select('workflow_id').orderBy('id').execute()
      return rows.map(({ workflow_id }) => workflow_id)
    },
    async audited() {
      const rows = await db
        .selectFrom('audit_events')
        .select('body')
        .where('chain', '=', `org:${org.id}`)
        .orderBy('seq')
        .execute()
      return rows.map(({ body }) => JSON.parse(body) as { action: string; outcome: string })
    },
    row: (id) =>
      db
        .selectFrom('git_integrations')
        .select([
          'id',
          'key_id',
          'sealed',
          'token_expires_at',
          'broken_at',
          'disconnected_at',
          'repositories',
        ])
        .where('id', '=', id as never)
        .executeTakeFirstOrThrow(),
  }
  return gitOrg
}
