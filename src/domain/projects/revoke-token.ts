import { type CustomerId, isId, type ProjectId, type ProjectTokenId } from '#kernel/ids'
import { audit, by } from '#domain/audit'
import {
  type Access,
  assertMayOn,
  assertMayUse,
  type Caller,
  lockForCaller,
  mayOn,
  orgIdOf,
} from '#domain/orgs'
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
  createdBy: CustomerId | undefined
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
  { caller, org, token: ref, at }: { caller: Caller; org: Access; token: string; at: Date },
): Promise<RevokedToken> {
  assertMayUse(org, MANAGE)
  return inTransaction(db, async (tx) => {
    const access = await lockForCaller(tx, { caller, org }, MANAGE)
    const token = await lockToken(tx, access, ref)
    if (token.revokedAt) return { ...token, revokedAt: token.revokedAt }
    await revokeProjectToken(tx, token.id, at)
    const id = orgIdOf(org)
    await audit(tx, {
      chain: `org:${id}`,
      action: 'revoke_project_token',
      outcome: 'done',
      ...by(caller),
      org: id,
      object: token.id,
      detail: { project: token.project },
    })
    return { ...token, revokedAt: at }
  })
}

/** For `assertMayUse`, also by a guest. */
export const MANAGE = { permission: 'manage_project_tokens', guests: true } as const

/**
 * Finds a token by id or public key. Refuses `project_token_not_found`, also for the token of another org or of a project
 * that was not shared with the caller, and `not_allowed`.
 */
export async function findToken(db: Db, org: Access, ref: string): Promise<TokenOfProject> {
  return within(org, asToken(await tokensOf(db, org, ref).executeTakeFirst()))
}

/** As `findToken`, but locks the row. An action that also locks the project has to lock the project first. */
export async function lockToken(tx: Db, org: Access, ref: string): Promise<TokenOfProject> {
  return within(org, asToken(await tokensOf(tx, org, ref).forUpdate('t').executeTakeFirst()))
}

function within(org: Access, token: TokenOfProject): TokenOfProject {
  if (!mayOn(org, 'see', token.project)) throw new ProjectTokenNotFound()
  assertMayOn(org, MANAGE.permission, token.project)
  return token
}

const tokensOf = (db: Db, org: Access, ref: string) =>
  db
    .selectFrom('project_tokens as t')
    .innerJoin('projects as p', 'p.id', 't.project_id')
    .select([
      't.id',
      't.project_id',
      't.label',
      't.public_key',
      't.created_by',
      't.expires_at',
      't.revoked_at',
    ])
    .where('p.org_id', '=', orgIdOf(org))
    .where((where) => (isId('ptk', ref) ? where('t.id', '=', ref) : where('t.public_key', '=', ref)))

type Row = Awaited<ReturnType<ReturnType<typeof tokensOf>['execute']>>[number]

function asToken(row: Row | undefined): TokenOfProject {
  if (!row) throw new ProjectTokenNotFound()
  return {
    id: row.id,
    project: row.project_id,
    label: row.label,
    publicKey: row.public_key,
    createdBy: row.created_by ?? undefined,
    expiresAt: row.expires_at ?? undefined,
    revokedAt: row.revoked_at ?? undefined,
  }
}
