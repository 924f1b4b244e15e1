import { isId, type OrgId, type ProjectId, type ProjectTokenId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import { assertMay, type Caller, type OrgAccess } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import { inTransaction } from '../../platform/transactions.ts'
import { ProjectTokenNotFound } from './errors.ts'
import { revokeProjectToken } from './project-token.ts'

/** A token and its project. */
export interface TokenOfProject {
  id: ProjectTokenId
  project: ProjectId
  label: string
  publicKey: string
  expiresAt: Date | undefined
  revokedAt: Date | undefined
}

export interface RevokedToken extends TokenOfProject {
  revokedAt: Date
}

/**
 * Revokes a token at once: the next request with its keys is refused. A token that is already revoked keeps its time,
 * and the audit log gets no second event. Refuses `not_allowed`, `project_token_not_found`.
 */
export async function revokeToken(
  db: Db,
  { caller, org, token: ref, at }: { caller: Caller; org: OrgAccess; token: string; at: Date },
): Promise<RevokedToken> {
  assertMay(org, 'manage_project_tokens')
  return inTransaction(db, async (tx) => {
    const token = await lockToken(tx, org.id, ref)
    if (token.revokedAt) return { ...token, revokedAt: token.revokedAt }
    await revokeProjectToken(tx, token.id, at)
    await audit(tx, {
      chain: `org:${org.id}`,
      action: 'revoke_project_token',
      outcome: 'done',
      ...by(caller),
      org: org.id,
      object: token.id,
      detail: { project: token.project },
    })
    return { ...token, revokedAt: at }
  })
}

/**
 * Finds a token by id or public key within one org. Refuses `project_token_not_found`, also for another org's token.
 */
export async function findToken(db: Db, org: OrgId, ref: string): Promise<TokenOfProject> {
  return asToken(await tokensOf(db, org, ref).executeTakeFirst())
}

/** As `findToken`, but locks the row. An action that also locks the project has to lock the project first. */
export async function lockToken(tx: Db, org: OrgId, ref: string): Promise<TokenOfProject> {
  return asToken(await tokensOf(tx, org, ref).forUpdate('t').executeTakeFirst())
}

const tokensOf = (db: Db, org: OrgId, ref: string) =>
  db
    .selectFrom('project_tokens as t')
    .innerJoin('projects as p', 'p.id', 't.project_id')
    .select(['t.id', 't.project_id', 't.label', 't.public_key', 't.expires_at', 't.revoked_at'])
    .where('p.org_id', '=', org)
    .where((where) => (isId('ptk', ref) ? where('t.id', '=', ref) : where('t.public_key', '=', ref)))

type Row = Awaited<ReturnType<ReturnType<typeof tokensOf>['execute']>>[number]

function asToken(row: Row | undefined): TokenOfProject {
  if (!row) throw new ProjectTokenNotFound()
  return {
    id: row.id,
    project: row.project_id,
    label: row.label,
    publicKey: row.public_key,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  }
}
