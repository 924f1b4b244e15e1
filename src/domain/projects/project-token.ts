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
  at: Date
}

/**
 * Adds a token, and revokes earlier unused tokens of the same connection and label, so that they do not accumulate.
 * Tokens with other labels stay: somebody may create one for each of several servers.
 */
export async function addProjectToken(tx: Db, token: NewProjectToken): Promise<void> {
  const label = token.label.slice(0, 100)
  if (token.connection) {
    const revoked = await tx
      .updateTable('project_tokens')
      .set({ revoked_at: token.at })
      .where('project_id', '=', token.project)
      .where('connection_id', '=', token.connection)
      .where('label', '=', label)
      .where('first_used_at', 'is', null)
      // a rotated token already has an end, so it is left out
      .where('expires_at', 'is', null)
      .where('revoked_at', 'is', null)
      .where('id', '<>', token.id)
      .returning('id')
      .execute()
    await forgetSecretsOf(
      tx,
      revoked.map(({ id }) => id),
    )
  }
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
      created_at: token.at,
    })
    .onConflict((on) => on.column('id').doNothing())
    .execute()
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
