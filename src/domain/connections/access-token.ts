import { hash, randomBytes } from 'node:crypto'
import { sql } from 'kysely'
import type { ConnectionId } from '#kernel/ids'
import type { Scope } from '#domain/orgs'
import type { Db } from '../../platform/database.ts'

export interface NewAccessToken {
  connection: ConnectionId
  /** The resource it is for, such as `https://market.example/mcp`. */
  aud: string
  /** Only when the token has fewer scopes than the connection. */
  scopes?: readonly Scope[]
  /** Seconds. */
  ttl: number
  at: Date
}

const SHAPE = /^pkgt_[\w-]{43}$/

/** Whether the text has the format of our tokens. Other texts are refused without a query. */
export const isAccessToken = (text: string): boolean => SHAPE.test(text)

/** A new token text. A prefix lets scanners find tokens that were published by mistake. */
export const newAccessToken = (): string => `pkgt_${randomBytes(32).toString('base64url')}`

/** Returns an opaque token of 256 random bits. Only its hash is stored. */
export async function mintAccessToken(db: Db, token: NewAccessToken): Promise<string> {
  const text = newAccessToken()
  await db
    .insertInto('access_tokens')
    .values({
      token_hash: hashOfToken(text),
      connection_id: token.connection,
      aud: token.aud,
      scopes: token.scopes ? [...token.scopes] : null,
      expires_at: new Date(token.at.getTime() + token.ttl * 1000),
      created_at: token.at,
    })
    .execute()
  return text
}

export interface IssuedToken {
  token: string
  connection: ConnectionId
  aud: string
  scopes: readonly string[]
  expiresAt: Date
  at: Date
}

/**
 * Stores a token of the OAuth server and activates its connection. A token with all granted scopes is stored without
 * scopes of its own, so that a scope that is granted later works at once. Returns false when the connection has ended.
 */
export async function saveAccessToken(db: Db, issued: IssuedToken): Promise<boolean> {
  const { token, connection, aud, expiresAt, at } = issued
  const scopes = [...issued.scopes]
  const { numAffectedRows = 0n } = await sql`
    with activated as (
      update connections set activated_at = ${at} where id = ${connection} and activated_at is null
    )
    insert into access_tokens (token_hash, connection_id, aud, scopes, expires_at, created_at)
    select ${hashOfToken(token)}, id, ${aud}, case when granted_scopes <@ ${scopes}::text[] then null else ${scopes}::text[] end,
           ${expiresAt}::timestamptz, ${at}::timestamptz
      from connections where id = ${connection} and revoked_at is null`.execute(db)
  return numAffectedRows > 0n
}

/** An access token as the OAuth server needs it to revoke it. */
export async function findAccessToken(db: Db, token: string) {
  if (!isAccessToken(token)) return undefined
  return db
    .selectFrom('access_tokens as t')
    .innerJoin('connections as c', 'c.id', 't.connection_id')
    .select(['c.id as connection', 'c.client_id as clientId', 'c.customer_id as customer'])
    .select(['t.aud', 't.expires_at as expiresAt', 't.created_at as createdAt'])
    .where('t.token_hash', '=', hashOfToken(token))
    .executeTakeFirst()
}

export async function deleteAccessToken(db: Db, token: string): Promise<void> {
  await db.deleteFrom('access_tokens').where('token_hash', '=', hashOfToken(token)).execute()
}

/** A token has as many random bits as its hash, so it needs no salt and no slow function. */
export const hashOfToken = (token: string): Buffer => hash('sha256', token, 'buffer')
