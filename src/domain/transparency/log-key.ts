import type { Db } from '../../platform/database.ts'

/** The key that signs the heads of the log. */
export interface StoredLogKey {
  keyId: string
  /** The sealed private key. */
  sealed: Buffer
  /** 32 bytes of Ed25519. */
  publicKey: Buffer
}

/** The key of the log. The first process that asks stores the one that `make` returns; all others get that one. */
export async function logKey(db: Db, make: () => StoredLogKey): Promise<StoredLogKey> {
  const known = await findKey(db)
  if (known) return known
  const { keyId: key_id, sealed, publicKey: public_key } = make()
  await db
    .insertInto('transparency_key')
    .values({ key_id, sealed, public_key })
    .onConflict((on) => on.doNothing())
    .execute()
  const stored = await findKey(db)
  if (!stored) throw new Error('the key of the log was not stored')
  return stored
}

const findKey = (db: Db): Promise<StoredLogKey | undefined> =>
  db
    .selectFrom('transparency_key')
    .select(['key_id as keyId', 'sealed', 'public_key as publicKey'])
    .executeTakeFirst()
