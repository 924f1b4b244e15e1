import { sql } from 'kysely'
import { hash, randomBytes } from 'node:crypto'
import type { ConnectionId, CustomerId, ProjectId, ProjectTokenId } from '#kernel/ids'
import { forgetSecretsOf } from '#domain/operations'
import type { Db } from '../../platform/database.ts'

/** A Composer user name and password. Only a hash of the private key is stored. */
export interface KeyPair {
  publicKey: string
  privateKey: string
}

/** The private key has 256 random bits, so it needs no slow hash. */
export const newKeyPair = (): KeyPair => ({
  publicKey: `ppk_${randomBytes(12).toString('hex')}`,
  privateKey: `psk_${randomBytes(32).toString('base64url')}`,
})

/** Returns a key pair as text, which the caller seals. */
export const textOfKeys = ({ publicKey, privateKey }: KeyPair): string =>
  JSON.stringify({ public_key: publicKey, private_key: privateKey })

/** Reads the pair from a text that `textOfKeys` returned. */
export function keysIn(text: string): KeyPair {
  const { public_key, private_key } = JSON.parse(text) as { public_key: string; private_key: string }
  return { publicKey: public_key, privateKey: private_key }
}

export const hashOfPrivateKey = (privateKey: string): Buffer => hash('sha256', privateKey, 'buffer')

export interface NewProjectToken {
  id: ProjectTokenId
  project: ProjectId
  label: string
  keys: KeyPair
  createdBy: CustomerId
  connection?: ConnectionId | undefined
  /** When the token ends if nobody uses it, or opens its keys in the browser, before. */
  endsUnseenAt?: Date | undefined
  at: Date
}

/** How long earlier keys live on beside new ones, in ms, so that no installation fails. */
export const OVERLAP = 24 * 60 * 60 * 1000

/**
 * Adds a token. Earlier unused tokens of the same connection and label end after the overlap, so that they do not
 * accumulate. One that is used before then lives on: its keys were pasted somewhere. Tokens with other labels stay:
 * somebody may create one for each of several servers.
 */
export async function addProjectToken(tx: Db, token: NewProjectToken): Promise<void> {
  const label = token.label.slice(0, 100)
  if (token.connection)
    await tx
      .updateTable('project_tokens')
      .set({ expires_at: new Date(token.at.getTime() + OVERLAP), ends_if_unused: true })
      .where('project_id', '=', token.project)
      .where('connection_id', '=', token.connection)
      .where('label', '=', label)
      .where('first_used_at', 'is', null)
      // a rotated token already has an end, so it is left out
      .where('expires_at', 'is', null)
      .where('revoked_at', 'is', null)
      .where('id', '<>', token.id)
      .execute()
  await tx
    .insertInto('project_tokens')
    .values({
      id: token.id,
      project_id: token.project,
      label,
      public_key: token.keys.publicKey,
      private_key_hash: hashOfPrivateKey(token.keys.privateKey),
      created_by: token.createdBy,
      connection_id: token.connection ?? null,
      expires_at: token.endsUnseenAt ?? null,
      ends_if_unused: token.endsUnseenAt !== undefined,
      created_at: token.at,
    })
    .onConflict((on) => on.column('id').doNothing())
    .execute()
}

/** The keys of a project that Composer can use. */
export interface LiveKeys {
  publicKey: string
  /** Undefined: they do not end once somebody has seen them. */
  until: Date | undefined
}

/** Of keys that were made in the browser and that nobody has opened or used yet (`read-keys.ts`). */
const ENDS_UNSEEN = sql<boolean>`ends_if_unused and connection_id is null`

/** The keys of a project that work at `at`, newest first, at most 20. */
export async function liveKeys(
  db: Db,
  { project, at }: { project: ProjectId; at: Date },
): Promise<LiveKeys[]> {
  const rows = await db
    .selectFrom('project_tokens')
    .select(['public_key', 'expires_at'])
    .select(ENDS_UNSEEN.as('ends_unseen'))
    .where('project_id', '=', project)
    .where('revoked_at', 'is', null)
    .where((where) => where.or([where('expires_at', 'is', null), where('expires_at', '>', at)]))
    .orderBy('id', 'desc')
    .limit(20)
    .execute()
  return rows.map(({ public_key, expires_at, ends_unseen }) => ({
    publicKey: public_key,
    until: ends_unseen ? undefined : (expires_at ?? undefined),
  }))
}

/** Revokes a token and deletes its one-time secret. Does not write to the audit log. */
export async function revokeProjectToken(tx: Db, id: ProjectTokenId, at: Date): Promise<void> {
  await tx
    .updateTable('project_tokens')
    .set({ revoked_at: at })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .execute()
  await forgetSecretsOf(tx, [id])
}
