import { sql } from 'kysely'
import type { Db } from '../../platform/database.ts'

/**
 * The format of the ids that we give to registered clients. Any other id needs no query, and may contain NUL, which
 * Postgres does not accept.
 */
const CLIENT_ID = /^pkgc_[\w-]{22}$/

/** A client that registered itself (RFC 7591). */
export interface OAuthClient {
  id: string
  /** As the engine checked it, without the secret. */
  metadata: Record<string, unknown>
  /** Encrypted. Most clients have none. */
  secret: SealedText | undefined
}

export interface SealedText {
  sealed: Buffer
  keyId: string
}

export async function saveClient(db: Db, { id, metadata, secret }: OAuthClient, at: Date): Promise<void> {
  await db
    .insertInto('oauth_clients')
    .values({
      client_id: id,
      metadata: JSON.stringify(metadata),
      secret_sealed: secret?.sealed ?? null,
      secret_key_id: secret?.keyId ?? null,
      created_at: at,
    })
    .execute()
}

/** Returns undefined for an unknown client, and for one that we blocked. */
export async function findClient(db: Db, id: string): Promise<OAuthClient | undefined> {
  if (!CLIENT_ID.test(id)) return undefined
  const row = await db
    .selectFrom('oauth_clients')
    .select(['client_id', 'metadata', 'secret_sealed', 'secret_key_id'])
    .where('client_id', '=', id)
    .where('blocked_at', 'is', null)
    .executeTakeFirst()
  if (!row) return undefined
  const { client_id, metadata, secret_sealed: sealed, secret_key_id: keyId } = row
  return {
    id: client_id,
    metadata: metadata as Record<string, unknown>,
    secret: sealed && keyId ? { sealed, keyId } : undefined,
  }
}

/**
 * Keeps a registration for ever. Returns false when the client may not be connected: it is blocked, its registration was
 * deleted before the first grant, or its document was withdrawn. Locks the client, so that a block waits for the grant.
 */
export async function keepClient(tx: Db, id: string, at: Date): Promise<boolean> {
  if (id.startsWith('https://')) return lockDocument(tx, id)
  const { numUpdatedRows } = await tx
    .updateTable('oauth_clients')
    .set({ first_granted_at: sql`coalesce(first_granted_at, ${at})`, last_used_at: at })
    .where('client_id', '=', id)
    .where('blocked_at', 'is', null)
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

async function lockDocument(tx: Db, url: string): Promise<boolean> {
  const row = await tx
    .selectFrom('client_documents')
    .select('url')
    .where('url', '=', url)
    .where('blocked_at', 'is', null)
    .where('gone_at', 'is', null)
    .forShare()
    .executeTakeFirst()
  return row !== undefined
}
