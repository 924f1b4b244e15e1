import type { ConsentedAccount, GitHost, GitHostKind, GitTokens } from '#kernel/git-host'
import { type GitIntegrationId, isId, mintId, type OperationId, type OrgId } from '#kernel/ids'
import type { Actor } from '#domain/audit'
import type { Db } from '../../platform/database.ts'
import { GitIntegrationNotFound } from './errors.ts'
import type { ListedIntegration } from './git.ts'
import type { Sealing } from './options.ts'

export interface Integration {
  id: GitIntegrationId
  org: OrgId
  kind: GitHostKind
  host: string
  accountId: string
  accountName: string
  mayHook: boolean
  repositories: readonly string[] | undefined
  tokens: SealedTokens | undefined
  brokenAt: Date | undefined
}

/** `sealed` also says which tokens they are: each encryption has other bytes. */
export interface SealedTokens {
  keyId: string
  sealed: Buffer
  expiresAt: Date
}

const COLUMNS = [
  'id',
  'org_id',
  'kind',
  'host',
  'account_id',
  'account_name',
  'may_hook',
  'repositories',
  'key_id',
  'sealed',
  'token_expires_at',
  'broken_at',
] as const

const integrations = (db: Db) =>
  db.selectFrom('git_integrations').select(COLUMNS).where('disconnected_at', 'is', null)

type Row = Awaited<ReturnType<ReturnType<typeof integrations>['executeTakeFirstOrThrow']>>

/** Uses the index `git_integrations_one_per_account`. */
export async function integrationsWith(
  db: Db,
  { org, host }: { org: OrgId; host: string },
): Promise<Integration[]> {
  const rows = await integrations(db)
    .where('org_id', '=', org)
    .where('host', '=', host)
    .orderBy('id')
    .execute()
  return rows.map(asIntegration)
}

/** Refuses `git_integration_not_found`, also for one of another org. `id` is unchecked text. */
export async function findIntegration(db: Db, { org, id }: { org: OrgId; id: string }): Promise<Integration> {
  const row = isId('git', id)
    ? await integrations(db).where('id', '=', id).where('org_id', '=', org).executeTakeFirst()
    : undefined
  if (!row) throw new GitIntegrationNotFound()
  return asIntegration(row)
}

/** Locks an integration. Undefined when it was disconnected meanwhile. */
export async function lockIntegration(tx: Db, id: GitIntegrationId): Promise<Integration | undefined> {
  const row = await integrations(tx).where('id', '=', id).forUpdate().executeTakeFirst()
  return row && asIntegration(row)
}

/** A disconnected integration, with the tokens that it still has. */
export async function endedIntegration(db: Db, id: GitIntegrationId): Promise<Integration> {
  const ended = db.selectFrom('git_integrations').select(COLUMNS).where('disconnected_at', 'is not', null)
  return asIntegration(await ended.where('id', '=', id).executeTakeFirstOrThrow())
}

export interface NewIntegration {
  org: OrgId
  host: GitHost
  account: ConsentedAccount
  operation: OperationId
  by: Actor
  at: Date
}

/**
 * Stores an account of a consent. A later consent for the same account replaces the earlier one, whose tokens are
 * returned. Call `lockOrg` before, so that two consents at once do not both insert.
 */
export async function storeIntegration(
  tx: Db,
  sealing: Sealing,
  { org, host: { host, kind }, account, operation, by, at }: NewIntegration,
): Promise<{ id: GitIntegrationId; replaced: GitTokens | undefined }> {
  const { accountId, accountName, mayHook, repositories, tokens } = account
  const known = await integrations(tx)
    .where('org_id', '=', org)
    .where('host', '=', host)
    .where('account_id', '=', accountId)
    .forUpdate()
    .executeTakeFirst()
  const id = known?.id ?? mintId('git', at, Math.random)
  const sealed = tokens && sealTokens(sealing, id, tokens)
  const values = {
    kind,
    account_name: accountName,
    may_hook: mayHook,
    repositories: repositories ?? null,
    key_id: sealed?.keyId ?? null,
    sealed: sealed?.sealed ?? null,
    token_expires_at: sealed?.expiresAt ?? null,
    connected_by: by.customer,
    connected_at: at,
    operation_id: operation,
    broken_at: null,
  }
  if (known) await tx.updateTable('git_integrations').set(values).where('id', '=', id).execute()
  else
    await tx
      .insertInto('git_integrations')
      .values({ id, org_id: org, host, account_id: accountId, ...values })
      .execute()
  const before = known && asIntegration(known)
  return { id, replaced: before?.tokens && openTokens(sealing, before.id, before.tokens) }
}

/** Stores renewed tokens. The row has to be locked. */
export async function storeTokens(
  tx: Db,
  sealing: Sealing,
  { id, tokens }: { id: GitIntegrationId; tokens: GitTokens },
): Promise<SealedTokens> {
  const kept = sealTokens(sealing, id, tokens)
  await tx
    .updateTable('git_integrations')
    .set({ key_id: kept.keyId, sealed: kept.sealed, token_expires_at: kept.expiresAt })
    .where('id', '=', id)
    .execute()
  return kept
}

/** The integrations of an org that are not disconnected, oldest first. */
export async function listIntegrations(db: Db, org: OrgId): Promise<ListedIntegration[]> {
  const rows = await db
    .selectFrom('git_integrations as i')
    .innerJoin('customers as c', 'c.id', 'i.connected_by')
    .select(['i.id', 'i.kind', 'i.host', 'i.account_name', 'i.may_hook', 'i.repositories'])
    .select(['i.connected_at', 'i.operation_id', 'i.broken_at', 'c.display_name'])
    .where('i.org_id', '=', org)
    .where('i.disconnected_at', 'is', null)
    .orderBy('i.id')
    .execute()
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind as GitHostKind,
    host: row.host,
    account: row.account_name,
    mayHook: row.may_hook,
    ...(row.repositories && { repositories: row.repositories.length }),
    state: row.broken_at ? 'broken' : 'connected',
    connectedBy: row.display_name,
    connectedAt: row.connected_at,
    operation: row.operation_id,
  }))
}

export function openTokens(
  sealing: Sealing,
  id: GitIntegrationId,
  { expiresAt, ...sealed }: SealedTokens,
): GitTokens {
  const kept = JSON.parse(sealing.open(sealed, id)) as Omit<GitTokens, 'expiresAt'>
  return { ...kept, expiresAt }
}

function sealTokens(sealing: Sealing, id: GitIntegrationId, tokens: GitTokens): SealedTokens {
  const { accessToken, refreshToken, expiresAt } = tokens
  return { ...sealing.seal(JSON.stringify({ accessToken, refreshToken }), id), expiresAt }
}

function asIntegration(row: Row): Integration {
  const { key_id: keyId, sealed, token_expires_at: expiresAt } = row
  return {
    id: row.id,
    org: row.org_id,
    kind: row.kind as GitHostKind,
    host: row.host,
    accountId: row.account_id,
    accountName: row.account_name,
    mayHook: row.may_hook,
    repositories: row.repositories ?? undefined,
    tokens: keyId && sealed && expiresAt ? { keyId, sealed, expiresAt } : undefined,
    brokenAt: row.broken_at ?? undefined,
  }
}
