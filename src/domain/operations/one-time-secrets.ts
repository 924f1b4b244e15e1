import type { ConnectionId, CustomerId, OperationId, ProjectId, ProjectTokenId } from '#kernel/ids'
import { sql } from 'kysely'
import { type Caller, guestMay, may } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'
import type { GuestRole, OrgRole } from '../../platform/tables.ts'

/**
 * A secret can be read for a day. After the first reading it can be read for 15 minutes, because a response may be
 * lost.
 */
export const UNREAD_MS = 24 * 60 * 60_000
const AFTER_FIRST_READING_MS = 15 * 60_000

export interface SealedSecret {
  keyId: string
  sealed: Buffer
}

/** Stores the secret of an operation. An earlier one is not replaced. Returns whether this call stored it. */
export async function keepOneTimeSecret(
  tx: Db,
  secret: SealedSecret & {
    operation: OperationId
    customer: CustomerId
    connection: ConnectionId | undefined
    /** The token whose keys it contains. The secret is deleted when the token is revoked. */
    token: ProjectTokenId
    /** It can only be fetched by a link, and no answer of an assistant's tool contains it. */
    byLink: boolean
    at: Date
  },
): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await tx
    .insertInto('one_time_secrets')
    .values({
      operation_id: secret.operation,
      key_id: secret.keyId,
      sealed: secret.sealed,
      customer_id: secret.customer,
      connection_id: secret.connection ?? null,
      token_id: secret.token,
      by_link: secret.byLink,
      created_at: secret.at,
    })
    .onConflict((on) => on.doNothing())
    .executeTakeFirst()
  return Boolean(numInsertedOrUpdatedRows)
}

/**
 * Locks the secret of an operation. `mayBeShown` is read by the same statement, because a call may have waited for long:
 * the person is not disabled and may still manage tokens of the org, or as a guest of the project, and the connection
 * that asked is neither revoked nor without its scope.
 */
async function lockSecret(tx: Db, { operation, byLink }: { operation: OperationId; byLink: boolean }) {
  const row = await tx
    .selectFrom('one_time_secrets as s')
    .innerJoin('operations as p', 'p.id', 's.operation_id')
    .innerJoin('orgs as o', 'o.id', 'p.org_id')
    .innerJoin('customers as u', 'u.id', 's.customer_id')
    .leftJoin('connections as c', 'c.id', 's.connection_id')
    .leftJoin('org_members as m', (on) =>
      on.onRef('m.org_id', '=', 'p.org_id').onRef('m.customer_id', '=', 's.customer_id'),
    )
    .leftJoin('project_tokens as t', 't.id', 's.token_id')
    .leftJoin('project_guests as g', (on) =>
      on.onRef('g.project_id', '=', 't.project_id').onRef('g.customer_id', '=', 's.customer_id'),
    )
    .select(['s.customer_id', 's.connection_id', 's.token_id', 's.first_read_at', 's.created_at'])
    .select(['s.key_id', 's.sealed', 't.project_id', 'm.role', 'g.role as guest_role'])
    .select(
      sql<boolean>`(u.disabled_at is null and o.deleted_at is null and (s.connection_id is null
        or (c.revoked_at is null and c.scopes @> array['projects']))) is true`.as('is_live'),
    )
    .where('s.operation_id', '=', operation)
    .where('s.by_link', '=', byLink)
    .forUpdate('s')
    .executeTakeFirst()
  return row && { ...row, mayBeShown: row.is_live && mayManageTokens(row) }
}

const mayManageTokens = ({
  role,
  guest_role: guest,
}: {
  role: OrgRole | null
  guest_role: GuestRole | null
}) =>
  (role !== null && may(role, 'manage_project_tokens')) ||
  (guest !== null && guestMay(guest, 'manage_project_tokens'))

/**
 * Only the connection that asked, or its customer in the browser, can read it, and only while they may. Undefined for
 * others, after it expired, and when it can only be fetched by a link. With `project`, also for keys of another one: then
 * its 15 minutes do not begin.
 */
export async function readOneTimeSecret(
  tx: Db,
  {
    operation,
    project,
    caller,
    at,
  }: { operation: OperationId; project?: ProjectId; caller: Caller; at: Date },
): Promise<SealedSecret | undefined> {
  const row = await lockSecret(tx, { operation, byLink: false })
  if (!row?.mayBeShown || row.customer_id !== caller.customer) return undefined
  if (caller.connection && row.connection_id !== caller.connection) return undefined
  if (project && row.project_id !== project) return undefined
  const until = row.first_read_at
    ? row.first_read_at.getTime() + AFTER_FIRST_READING_MS
    : row.created_at.getTime() + UNREAD_MS
  if (at.getTime() > until) {
    await deleteOneTimeSecret(tx, operation)
    return undefined
  }
  if (!row.first_read_at)
    await tx
      .updateTable('one_time_secrets')
      .set({ first_read_at: at })
      .where('operation_id', '=', operation)
      .execute()
  return { keyId: row.key_id, sealed: row.sealed }
}

export interface LinkedSecret extends SealedSecret {
  customer: CustomerId
  connection: ConnectionId | undefined
  token: ProjectTokenId
  /** As in `lockSecret`. */
  mayBeShown: boolean
  /** The time at which the secret is deleted, even if it was never fetched. */
  until: Date
}

/**
 * Locks a secret that can only be fetched by a link. Undefined when there is none: it was fetched, its token was
 * revoked, or it has expired. Also deletes an expired secret.
 */
export async function lockLinkedSecret(
  tx: Db,
  { operation, at }: { operation: OperationId; at: Date },
): Promise<LinkedSecret | undefined> {
  const row = await lockSecret(tx, { operation, byLink: true })
  if (!row?.token_id) return undefined
  const until = new Date(row.created_at.getTime() + UNREAD_MS)
  if (at >= until) {
    await deleteOneTimeSecret(tx, operation)
    return undefined
  }
  return {
    keyId: row.key_id,
    sealed: row.sealed,
    customer: row.customer_id,
    connection: row.connection_id ?? undefined,
    token: row.token_id,
    mayBeShown: row.mayBeShown,
    until,
  }
}

export async function deleteOneTimeSecret(tx: Db, operation: OperationId): Promise<void> {
  await tx.deleteFrom('one_time_secrets').where('operation_id', '=', operation).execute()
}

/** Deletes the secrets of revoked tokens. */
export async function forgetSecretsOf(tx: Db, tokens: readonly ProjectTokenId[]): Promise<void> {
  if (tokens.length) await tx.deleteFrom('one_time_secrets').where('token_id', 'in', tokens).execute()
}

/** The token that an operation minted. */
export async function tokenMintedBy(tx: Db, operation: OperationId): Promise<ProjectTokenId | undefined> {
  const row = await tx
    .selectFrom('one_time_secrets')
    .select('token_id')
    .where('operation_id', '=', operation)
    .executeTakeFirst()
  return row?.token_id ?? undefined
}
